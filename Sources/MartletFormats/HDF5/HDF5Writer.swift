/// Lays an HDF5 file out, children before their parents, so that every address is known when it
/// is written down.
struct HDF5Writer {
  /// How large the nodes are, as the superblock announces: both numbers are even.
  struct NodeSizes {
    var symbols = 8
    var children = 32
  }

  private static let undefined = UInt64.max
  private static let superblockSize = 96

  private let sizes: NodeSizes

  private var content = FileContent()
  /// Small structures that are not in `content` yet.
  private var pending: [UInt8] = []
  /// Where each text lies: 16 bytes, as elements have them.
  private var references: [[UInt8]] = []

  /// The address of the next byte.
  private var end: Int { Self.superblockSize + content.byteCount + pending.count }

  /// Where a group or dataset lies, as its entry in a symbol table says it.
  private struct Entry {
    var header: Int
    /// Of a group: its tree and its names.
    var scratch: (tree: Int, heap: Int)?
  }

  private init(sizes: NodeSizes) { self.sizes = sizes }

  static func content(
    of root: HDF5Group, sizes: NodeSizes = NodeSizes()
  ) throws(FormatError) -> FileContent {
    var plan = HDF5Plan()
    let object = try plan.object(root)
    var writer = HDF5Writer(sizes: sizes)
    writer.writeTexts(plan.texts)
    let entry = try writer.write(object, plan: plan)
    var file = FileContent(writer.superblock(root: entry))
    writer.flush()
    file.append(writer.content)
    return file
  }

  private func superblock(root: Entry) -> [UInt8] {
    var bytes: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    bytes += [0, 0, 0, 0, 0, 8, 8, 0]
    bytes.append(littleEndian: UInt16(sizes.symbols / 2))
    bytes.append(littleEndian: UInt16(sizes.children / 2))
    bytes.append(littleEndian: UInt32(0))
    for number in [0, Self.undefined, UInt64(end), Self.undefined] {
      bytes.append(littleEndian: number)
    }
    appendSymbol(nameOffset: 0, root, to: &bytes)
    return bytes
  }

  private func appendSymbol(nameOffset: Int, _ entry: Entry, to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt64(nameOffset))
    bytes.append(littleEndian: UInt64(entry.header))
    bytes.append(littleEndian: UInt32(entry.scratch == nil ? 0 : 1))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt64(entry.scratch?.tree ?? 0))
    bytes.append(littleEndian: UInt64(entry.scratch?.heap ?? 0))
  }

  // MARK: Bytes

  /// Appends a structure at a multiple of eight, and returns its address.
  private mutating func append(_ bytes: [UInt8]) -> Int {
    let address = end
    pending += bytes
    pending.pad()
    return address
  }

  private mutating func append(_ data: FileContent) -> Int {
    // Small arrays are copied, or a file would be of thousands of pieces.
    if data.byteCount < 1024 { return append(data.bytes) }
    flush()
    let address = end
    content.append(data)
    content.append([UInt8](repeating: 0, count: -data.byteCount & 7))
    return address
  }

  private mutating func flush() {
    content.append(pending)
    pending = []
  }

  // MARK: Texts

  /// Writes the global heaps: as many texts in each as its numbers allow.
  private mutating func writeTexts(_ texts: [String]) {
    var start = 0
    while start < texts.count {
      let address = end
      var objects: [UInt8] = []
      var index: UInt16 = 0
      while start < texts.count, index < .max - 1 {
        let text = texts[start]
        start += 1
        var reference: [UInt8] = []
        reference.append(littleEndian: UInt32(text.utf8.count))
        if text.isEmpty {
          reference += [UInt8](repeating: 0, count: 12)
        } else {
          index += 1
          reference.append(littleEndian: UInt64(address))
          reference.append(littleEndian: UInt32(index))
          objects.append(littleEndian: index)
          // One reference to it.
          objects.append(littleEndian: UInt16(1))
          objects.append(littleEndian: UInt32(0))
          objects.append(littleEndian: UInt64(text.utf8.count))
          objects += text.utf8
          objects.pad()
        }
        references.append(reference)
      }
      if index == 0 { continue }
      // The collection ends with an object of number 0 that is its free space.
      let size = max(4096, 16 + objects.count + 16)
      var collection = Array("GCOL".utf8) + [1, 0, 0, 0]
      collection.append(littleEndian: UInt64(size))
      collection += objects
      let free = size - collection.count
      collection.append(littleEndian: UInt64(0))
      collection.append(littleEndian: UInt64(free))
      collection += [UInt8](repeating: 0, count: size - collection.count)
      _ = append(collection)
    }
  }

  private func bytes(of data: HDF5Plan.Value.Data) -> FileContent {
    switch data {
    case .bytes(let content): content
    case .texts(let range): FileContent(references[range].joined())
    }
  }

  // MARK: Objects

  private mutating func write(
    _ object: HDF5Plan.Object, plan: HDF5Plan
  ) throws(FormatError) -> Entry {
    switch object {
    case .dataset(let attributes, let value):
      let data = bytes(of: value.data)
      let address = data.byteCount == 0 ? Self.undefined : UInt64(append(data))
      var layout: [UInt8] = [3, 1]
      layout.append(littleEndian: address)
      layout.append(littleEndian: UInt64(data.byteCount))
      let messages = [
        Message(.dataspace, value.dataspace),
        Message(.datatype, value.datatype, isConstant: true),
        // The fill value: none but zero, and nothing is written before the data.
        Message(type: 0x05, flags: 1, [2, 2, 2, 1, 0, 0, 0, 0]),
        Message(.layout, layout),
      ]
      return Entry(header: try writeHeader(messages, attributes, plan: plan))
    case .group(let attributes, let children):
      var entries: [(name: String, entry: Entry)] = []
      for (name, child) in children { entries.append((name, try write(child, plan: plan))) }
      let scratch = writeSymbolTable(entries)
      var table: [UInt8] = []
      table.append(littleEndian: UInt64(scratch.tree))
      table.append(littleEndian: UInt64(scratch.heap))
      let header = try writeHeader([Message(.symbolTable, table)], attributes, plan: plan)
      return Entry(header: header, scratch: scratch)
    }
  }

  private struct Message {
    var type: UInt16
    var flags: UInt8
    var body: [UInt8]

    init(type: UInt16, flags: UInt8, _ body: [UInt8]) {
      self.type = type
      self.flags = flags
      self.body = body
      self.body.pad()
    }

    init(_ kind: HDF5Message.Kind, _ body: [UInt8], isConstant: Bool = false) {
      self.init(type: kind.rawValue, flags: isConstant ? 1 : 0, body)
    }
  }

  private mutating func writeHeader(
    _ messages: [Message], _ attributes: [HDF5Plan.Attribute], plan: HDF5Plan
  ) throws(FormatError) -> Int {
    var messages = messages
    for attribute in attributes {
      messages.append(Message(.attribute, body(of: attribute)))
      guard let size = messages.last?.body.count, size <= 0xfff8 else {
        throw plan.error(
          .invalid, "an attribute is larger than the format allows", field: attribute.name,
          expected: "at most 65,528 bytes", got: "more",
          fix: "split it, or use a dataset.")
      }
    }
    var bytes: [UInt8] = [1, 0]
    bytes.append(littleEndian: UInt16(messages.count))
    // One link leads to it.
    bytes.append(littleEndian: UInt32(1))
    bytes.append(littleEndian: UInt32(messages.reduce(0) { $0 + 8 + $1.body.count }))
    bytes += [0, 0, 0, 0]
    for message in messages {
      bytes.append(littleEndian: message.type)
      bytes.append(littleEndian: UInt16(message.body.count))
      bytes += [message.flags, 0, 0, 0]
      bytes += message.body
    }
    return append(bytes)
  }

  private func body(of attribute: HDF5Plan.Attribute) -> [UInt8] {
    let name = Array(attribute.name.utf8) + [0]
    let value = attribute.value
    let data = bytes(of: value.data).bytes
    // Only the third version says that a name is in UTF-8; it fills nothing up.
    let isASCII = name.allSatisfy { $0 < 0x80 }
    var body: [UInt8] = [isASCII ? 1 : 3, 0]
    for part in [name, value.datatype, value.dataspace] {
      body.append(littleEndian: UInt16(part.count))
    }
    if !isASCII { body.append(1) }
    for part in [name, value.datatype, value.dataspace] {
      body += part
      if isASCII { body.pad() }
    }
    return body + data
  }

  // MARK: Symbol tables

  /// Writes the names, the nodes of symbols and the tree over them.
  private mutating func writeSymbolTable(
    _ entries: [(name: String, entry: Entry)]
  ) -> (tree: Int, heap: Int) {
    // The empty name first; keys of the tree point to it.
    var names = [UInt8](repeating: 0, count: 8)
    var offsets: [Int] = []
    for (name, _) in entries {
      offsets.append(names.count)
      names += Array(name.utf8) + [0]
      names.pad()
    }
    let free = names.count
    names.append(littleEndian: UInt64(1))
    names.append(littleEndian: UInt64(16))
    let data = append(names)
    var heap = Array("HEAP".utf8) + [0, 0, 0, 0]
    for number in [names.count, free, data] { heap.append(littleEndian: UInt64(number)) }
    let heapAddress = append(heap)

    // Each child with the key behind it: the last name in it.
    var children: [(address: Int, key: Int)] = []
    for start in stride(from: 0, to: entries.count, by: sizes.symbols) {
      let part = start..<min(start + sizes.symbols, entries.count)
      var node = Array("SNOD".utf8) + [1, 0]
      node.append(littleEndian: UInt16(part.count))
      for index in part {
        appendSymbol(nameOffset: offsets[index], entries[index].entry, to: &node)
      }
      node += [UInt8](repeating: 0, count: 8 + 40 * sizes.symbols - node.count)
      children.append((append(node), offsets[part.upperBound - 1]))
    }
    var level: UInt8 = 0
    repeat {
      children = writeTreeLevel(level, over: children)
      level += 1
    } while children.count > 1
    return (children[0].address, heapAddress)
  }

  /// Writes the nodes of one level, next to each other; one at least.
  private mutating func writeTreeLevel(
    _ level: UInt8, over children: [(address: Int, key: Int)]
  ) -> [(address: Int, key: Int)] {
    let size = 24 + 8 + 16 * sizes.children
    let count = max(1, (children.count + sizes.children - 1) / sizes.children)
    let first = end
    var nodes: [(address: Int, key: Int)] = []
    var before = 0
    for index in 0..<count {
      let part = children.dropFirst(index * sizes.children).prefix(sizes.children)
      var node = Array("TREE".utf8) + [0, level]
      node.append(littleEndian: UInt16(part.count))
      node.append(littleEndian: index > 0 ? UInt64(first + (index - 1) * size) : Self.undefined)
      node.append(
        littleEndian: index + 1 < count ? UInt64(first + (index + 1) * size) : Self.undefined)
      node.append(littleEndian: UInt64(before))
      for child in part {
        node.append(littleEndian: UInt64(child.address))
        node.append(littleEndian: UInt64(child.key))
        before = child.key
      }
      node += [UInt8](repeating: 0, count: size - node.count)
      nodes.append((append(node), before))
    }
    return nodes
  }
}

extension [UInt8] {
  /// Fills up with zeros to a multiple of eight.
  fileprivate mutating func pad() {
    append(contentsOf: repeatElement(0, count: -count & 7))
  }
}
