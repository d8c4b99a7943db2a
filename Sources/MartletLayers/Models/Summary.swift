import MartletTensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Model {
  /// Prints the model as a table of its layers, output shapes and parameter counts: Keras' own.
  ///
  /// Without a `lineLength` the table is 88 wide, or 108 where layers branch, 12 more with
  /// `showTrainable`; on a terminal at most four less than that has columns (or the environment
  /// variable `COLUMNS` says).
  ///
  /// - Parameters:
  ///   - lineLength: The width of the table.
  ///   - positions: Where the columns end, as parts of the width, rising to 1: by default 0.45, 0.8
  ///     and 1, or 0.3, 0.56, 0.74 and 1 where layers branch. With `showTrainable` they are those of
  ///     the first nine tenths.
  ///   - printFunction: Gets the whole text, in the place of standard output.
  ///   - expandNested: Whether the layers of nested models have rows of their own.
  ///   - showTrainable: Whether a column tells which layers learn.
  ///   - layerRange: The names of the first and the last layer to show, or regular expressions that
  ///     their beginnings match: from the first that matches the one to the last that matches the
  ///     other. The totals remain the model's.
  ///
  /// Traps if a column would be narrower than 4 letters, or if no layer has such a name.
  public final func summary(
    lineLength: Int? = nil, positions: [Double]? = nil,
    printFunction: ((String) -> Void)? = nil, expandNested: Bool = false,
    showTrainable: Bool = false, layerRange: (first: String, last: String)? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    var width = lineLength
    if width == nil, let columns = terminalColumns() {
      // Narrower than this Keras refuses; a table that wraps is still better than none.
      width = Swift.min(
        defaultWidth(showTrainable), Swift.max(columns - 4, showTrainable ? 50 : 32))
    }
    let text = summaryText(
      lineLength: width, positions: positions, expandNested: expandNested,
      showTrainable: showTrainable, layerRange: layerRange, file: file, line: line)
    if let printFunction { printFunction(text) } else { print(text) }
  }

  /// The text that `summary` prints, as wide as it is without a terminal.
  public final func summaryText(
    lineLength: Int? = nil, positions: [Double]? = nil, expandNested: Bool = false,
    showTrainable: Bool = false, layerRange: (first: String, last: String)? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> String {
    trapping(file, line) { () throws(Diagnostic) -> String in
      var table = try SummaryTable(
        lineLength: lineLength ?? defaultWidth(showTrainable), positions: positions,
        showsConnections: showsConnections, showsTrainable: showTrainable)
      var shown = layers[...]
      if let layerRange { shown = try shownLayers(in: layerRange) }
      addRows(of: shown, to: &table, prefix: "", expandNested: expandNested)
      return (["Model: \"\(name)\""] + table.lines + totals).joined(separator: "\n")
    }
  }

  private final var showsConnections: Bool { !(self is Sequential) && !isLinear }

  private final func defaultWidth(_ showTrainable: Bool) -> Int {
    (showsConnections ? 108 : 88) + (showTrainable ? 12 : 0)
  }

  /// The layers from one name to another, whichever comes first.
  private final func shownLayers(
    in range: (first: String, last: String)
  ) throws(Diagnostic) -> ArraySlice<Layer> {
    let layers = self.layers
    func places(_ pattern: String) throws(Diagnostic) -> [Int] {
      let expression = try? Regex(pattern)
      let found = layers.indices.filter { index in
        let name = layers[index].name
        return name == pattern
          || (expression.flatMap { try? $0.prefixMatch(in: name) } != nil)
      }
      if !found.isEmpty { return found }
      throw Diagnostic(
        "summary", "no layer's name begins so",
        expected: layers.map(\.name).joined(separator: ", "), got: "\"\(pattern)\"")
    }
    let (first, last) = (try places(range.first), try places(range.last))
    return first[0] > last[last.count - 1]
      ? layers[last[0]...first[first.count - 1]] : layers[first[0]...last[last.count - 1]]
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

  private final func addRows(
    of layers: ArraySlice<Layer>, to table: inout SummaryTable, prefix: String, expandNested: Bool
  ) {
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
        model.addRows(
          of: model.layers[...], to: &table, prefix: indent, expandNested: true)
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

/// The columns of the terminal that standard output is, or that `COLUMNS` says; nil where there is
/// none.
private func terminalColumns() -> Int? {
  if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns > 0 {
    return columns
  }
  var size = winsize()
  guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
    size.ws_col > 0
  else { return nil }
  return Int(size.ws_col)
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
