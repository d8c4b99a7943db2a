/// A table of which a layer takes the rows that an input of the model numbers.
package struct IndexedTable: Sendable {
  /// Which input of the model it is.
  package let input: Int
  /// The layer's path.
  package let path: String
  /// The number of rows.
  package let size: Int
}

extension Model {
  /// The tables that inputs of the model index as they come, those of models inside too.
  package final var indexedTables: [IndexedTable] {
    guard let graph else { return [] }
    var found: [IndexedTable] = []
    for (input, readers) in graph.readers.enumerated() {
      for (layer, place) in readers {
        if let size = layer.tableSize {
          found.append(IndexedTable(input: input, path: layer.path, size: size))
        } else if let inner = (layer as? Model)?.indexedTables {
          for table in inner where table.input == place {
            found.append(IndexedTable(input: input, path: table.path, size: table.size))
          }
        }
      }
    }
    return found
  }
}
