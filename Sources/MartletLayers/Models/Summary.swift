import MartletTensors

extension Model {
  /// Prints the model as a table of its layers, output shapes and parameter counts: Keras' own.
  ///
  /// - Parameters:
  ///   - lineLength: The width of the table; by default 88, or 108 where layers branch.
  ///   - expandNested: Whether the layers of nested models have rows of their own.
  ///   - showTrainable: Whether a column tells which layers learn.
  public final func summary(
    lineLength: Int? = nil, expandNested: Bool = false, showTrainable: Bool = false
  ) {
    print(
      summaryText(
        lineLength: lineLength, expandNested: expandNested, showTrainable: showTrainable))
  }

  /// The text that `summary` prints.
  public final func summaryText(
    lineLength: Int? = nil, expandNested: Bool = false, showTrainable: Bool = false
  ) -> String {
    let branches = !(self is Sequential) && !isLinear
    var table = SummaryTable(
      lineLength: lineLength ?? (branches ? 108 : 88) + (showTrainable ? 12 : 0),
      showsConnections: branches, showsTrainable: showTrainable)
    addRows(to: &table, prefix: "", expandNested: expandNested)
    return (["Model: \"\(name)\""] + table.lines + totals).joined(separator: "\n")
  }

  /// Whether each layer of a functional model has one input, one reader and one call.
  private final var isLinear: Bool {
    guard let graph else { return true }
    var readers: [ObjectIdentifier: Int] = [:]
    for call in graph.calls {
      if call.inputs.count > 1 { return false }
      for input in call.inputs { readers[ObjectIdentifier(input.call), default: 0] += 1 }
    }
    return readers.values.allSatisfy { $0 == 1 } && graph.calls.count == graph.layers.count
  }

  private final func addRows(to table: inout SummaryTable, prefix: String, expandNested: Bool) {
    for layer in layers {
      var cells = [
        "\(prefix)\(layer.name) (\(layer.kerasName))", outputText(of: layer), countText(of: layer),
      ]
      if table.showsConnections { cells.append(connections(of: layer)) }
      if table.showsTrainable {
        cells.append(layer.parameterCount == 0 ? "-" : layer.trainable ? "Y" : "N")
      }
      table.rows.append(cells)
      if expandNested, let model = layer as? Model {
        let indent = prefix.isEmpty ? "   └ " : "   " + prefix
        model.addRows(to: &table, prefix: indent, expandNested: true)
      }
    }
  }

  private final func outputText(of layer: Layer) -> String {
    if let input = layer as? InputLayer { return input.shape.text }
    if let shapes = layer.calls.lazy.compactMap(\.call).first?.outputTypes.map(\.shape),
      !shapes.isEmpty
    {
      return shapes.count == 1
        ? shapes[0].text : "[" + shapes.map(\.text).joined(separator: ", ") + "]"
    }
    if layer.isBuilt, let shapes = try? layer.outputShapes(layer.builtShapes), shapes.count == 1 {
      return shapes[0].text
    }
    return "?"
  }

  private final func countText(of layer: Layer) -> String {
    if layer.isBuilt || layer is InputLayer { return grouped(layer.parameterCount) }
    return "0 (unbuilt)"
  }

  private final func connections(of layer: Layer) -> String {
    guard let graph else { return "-" }
    var order: [ObjectIdentifier: Int] = [:]
    var counts: [ObjectIdentifier: Int] = [:]
    for call in graph.calls {
      let key = ObjectIdentifier(call.layer)
      order[ObjectIdentifier(call)] = counts[key, default: 0]
      counts[key, default: 0] += 1
    }
    let items = graph.calls.filter { $0.layer === layer }.flatMap(\.inputs).map {
      "\($0.layer.name)[\(order[ObjectIdentifier($0.call)] ?? 0)][\($0.index)]"
    }
    return items.isEmpty ? "-" : items.joined(separator: ", ")
  }

  private final var totals: [String] {
    var trainable = 0
    var frozen = 0
    var bytes = (trainable: 0, frozen: 0)
    if isBuilt {
      for variable in trainableVariables {
        trainable += variable.value.count
        bytes.trainable += variable.value.count * variable.dtype.byteCount
      }
      for variable in nonTrainableVariables {
        frozen += variable.value.count
        bytes.frozen += variable.value.count * variable.dtype.byteCount
      }
    }
    let optimizer = optimizerSize?() ?? (parameters: 0, bytes: 0)
    func line(_ what: String, _ count: Int, _ bytes: Int) -> String {
      " \(what): \(grouped(count)) (\(sizeText(bytes)))"
    }
    var lines = [
      line(
        "Total params", trainable + frozen + optimizer.parameters,
        bytes.trainable + bytes.frozen + optimizer.bytes),
      line("Trainable params", trainable, bytes.trainable),
      line("Non-trainable params", frozen, bytes.frozen),
    ]
    if optimizer.parameters > 0 {
      lines.append(line("Optimizer params", optimizer.parameters, optimizer.bytes))
    }
    return lines
  }
}

/// `358210` as `358,210`.
func grouped(_ number: Int) -> String {
  var result = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0 && index % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return String(result.reversed())
}

/// A number of bytes as Keras prints it: `136.04 KB`, by steps of 1024, two decimals.
func sizeText(_ bytes: Int) -> String {
  var value = Double(bytes)
  var unit = "B"
  for next in ["KB", "MB", "GB", "TB"] where value >= 1024 {
    value /= 1024
    unit = next
  }
  let hundredths = Int((value * 100).rounded(.toNearestOrEven))
  let (whole, part) = hundredths.quotientAndRemainder(dividingBy: 100)
  return "\(whole).\(part < 10 ? "0" : "")\(part) \(unit)"
}
