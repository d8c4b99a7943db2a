import MartletTensors

/// In which direction a drawn graph grows.
public enum GraphDirection: String, Sendable {
  /// Inputs at the top.
  case down = "TB"
  /// Inputs at the left.
  case right = "LR"
  /// Inputs at the bottom.
  case up = "BT"
  /// Inputs at the right.
  case left = "RL"
}

extension Model {
  /// The model's graph in the DOT language of Graphviz: a node for each layer, an edge for each
  /// tensor that one gives another.
  ///
  /// Labels, nodes and edges are those of Keras' `model_to_dot`. A subclass of `Model` is one node.
  ///
  /// - Parameters:
  ///   - showShapes: Whether nodes tell input and output shapes.
  ///   - showDType: Whether they tell the element type of the output.
  ///   - showLayerNames: Whether they tell the layer's name besides its class.
  ///   - direction: In which direction the graph grows.
  ///   - expandNested: Whether models inside are drawn with their layers, each in a frame.
  ///   - dpi: Points per inch of a picture.
  ///   - showLayerActivations: Whether nodes tell the activation of layers that have one.
  ///   - showTrainable: Whether they tell if the layer learns.
  ///   - splines: How edges run: Graphviz' `ortho`, `curved`, `polyline`, `spline` or `line`.
  /// - Throws: a `Diagnostic` for a model that is not built.
  public final func dot(
    showShapes: Bool = false, showDType: Bool = false, showLayerNames: Bool = true,
    direction: GraphDirection = .down, expandNested: Bool = false, dpi: Int = 200,
    showLayerActivations: Bool = false, showTrainable: Bool = false, splines: String = "ortho"
  ) throws(Diagnostic) -> String {
    guard isBuilt else {
      throw Diagnostic(
        name, "the model is not built, so it has no graph", expected: "an Input, or build",
        got: "\(layers.count) layers without shapes", fix: "call it, fit it or build(for:) first")
    }
    var text = GraphText(
      showsShapes: showShapes, showsDType: showDType, showsNames: showLayerNames,
      showsActivations: showLayerActivations, showsTrainable: showTrainable,
      expandsNested: expandNested)
    text.add("digraph G {")
    text.add("rankdir=\(direction.rawValue);")
    text.add("concentrate=True;")
    text.add("dpi=\(dpi);")
    text.add("splines=\(quoted(splines));")
    text.add("node [shape=record];")
    text.add(self)
    text.add("}")
    return text.lines.joined(separator: "\n") + "\n"
  }
}

/// The lines of a graph as they are gathered, model by model.
private struct GraphText {
  let showsShapes: Bool
  let showsDType: Bool
  let showsNames: Bool
  let showsActivations: Bool
  let showsTrainable: Bool
  let expandsNested: Bool
  private(set) var lines: [String] = []
  private var numbers: [ObjectIdentifier: Int] = [:]
  private var clusters = 0

  init(
    showsShapes: Bool, showsDType: Bool, showsNames: Bool, showsActivations: Bool,
    showsTrainable: Bool, expandsNested: Bool
  ) {
    self.showsShapes = showsShapes
    self.showsDType = showsDType
    self.showsNames = showsNames
    self.showsActivations = showsActivations
    self.showsTrainable = showsTrainable
    self.expandsNested = expandsNested
  }

  mutating func add(_ line: String) { lines.append(line) }

  /// The number of a layer, the same wherever it is drawn.
  private mutating func number(_ layer: Layer) -> Int {
    if let number = numbers[ObjectIdentifier(layer)] { return number }
    numbers[ObjectIdentifier(layer)] = numbers.count
    return numbers.count - 1
  }

  /// Nodes and edges of a model.
  mutating func add(_ model: Model) {
    guard let graph = model.graph else { return addNode(model) }
    // Of two edges between the same layers one is drawn, in each model.
    var drawn = Set<[Int]>()
    for layer in model.layers {
      if expandsNested, let inner = layer as? Model, inner.graph != nil {
        // Two models may have one name, two clusters not.
        add("subgraph \(quoted("cluster_\(clusters)_\(inner.name)")) {")
        clusters += 1
        add("style=dashed;")
        add("label=\(quoted(inner.name));")
        add("labeljust=l;")
        add(inner)
        add("}")
      } else {
        addNode(layer)
      }
    }
    for layer in model.layers {
      for call in graph.calls where call.layer === layer {
        for (index, input) in call.inputs.enumerated() {
          // The input of a Sequential is no box.
          if model is Sequential, input.layer is InputLayer { continue }
          let ends = [
            number(expandsNested ? maker(of: input) : input.layer),
            number(expandsNested ? taker(layer, input: index) : layer),
          ]
          if drawn.insert(ends).inserted { add("\(ends[0]) -> \(ends[1]) [penwidth=2];") }
        }
      }
    }
  }

  /// The layer that makes a tensor, looked up inside of nested models.
  private func maker(of tensor: SymbolicTensor) -> Layer {
    var tensor = tensor
    while let model = tensor.layer as? Model, let graph = model.graph {
      tensor = graph.outputs[tensor.index]
    }
    return tensor.layer
  }

  /// The layer that takes an input, looked up inside of nested models.
  private func taker(_ layer: Layer, input index: Int) -> Layer {
    var layer = layer
    while let model = layer as? Model, let graph = model.graph {
      layer = model is Sequential ? model.layers[0] : graph.inputs[index].layer
    }
    return layer
  }

  private mutating func addNode(_ layer: Layer) {
    add(
      "\(number(layer)) [label=<\(label(of: layer))>, fontname=Helvetica, border=0, margin=0];")
  }

  /// A node's label, a table of HTML.
  private func label(of layer: Layer) -> String {
    let columns = (showsDType ? 1 : 0) + (showsTrainable ? 1 : 0) + (showsShapes ? 2 : 0)
    let span = Swift.max(1, columns)
    let title =
      showsNames
      ? "<b>\(escaped(layer.name))</b> (\(escaped(layer.kerasName)))"
      : "<b>\(escaped(layer.kerasName))</b>"
    var table =
      "<table border=\"0\" cellborder=\"1\" bgcolor=\"black\" cellpadding=\"10\">"
      + "<tr><td colspan=\"\(span)\" bgcolor=\"black\">"
      + "<font point-size=\"16\" color=\"white\">\(title)</font></td></tr>"
    if showsActivations, let activation = activation(of: layer) {
      table +=
        "<tr><td bgcolor=\"white\" colspan=\"\(span)\"><font point-size=\"14\">"
        + "Activation: <b>\(escaped(activation))</b></font></td></tr>"
    }
    var cells: [String] = []
    func cell(_ what: String, _ value: String) -> String {
      "<td bgcolor=\"white\"><font point-size=\"14\">\(what): <b>\(value)</b></font></td>"
    }
    let ends = ends(of: layer)
    if showsShapes {
      if !(layer is InputLayer) {
        cells.append(cell("Input shape", listed(ends.inputs.map(\.text))))
      }
      cells.append(cell("Output shape", listed(ends.outputs.map(\.shape.text))))
    }
    if showsDType {
      let types = ends.outputs.map { "\($0.dtype)" }
      cells.append(
        cell("Output dtype", listed(types.count > 1 ? types.map { "'\($0)'" } : types)))
    }
    if showsTrainable, !layer.weights.isEmpty {
      cells.append(
        layer.trainable
          ? "<td bgcolor=\"forestgreen\"><font point-size=\"14\" color=\"white\">"
            + "<b>Trainable</b></font></td>"
          : "<td bgcolor=\"firebrick\"><font point-size=\"14\" color=\"white\">"
            + "<b>Non-trainable</b></font></td>")
    }
    if !cells.isEmpty { table += "<tr>\(cells.joined())</tr>" }
    return table + "</table>"
  }

  /// What goes into a layer and comes out of it at its first call.
  private func ends(
    of layer: Layer
  ) -> (inputs: [PartialShape], outputs: [(shape: PartialShape, dtype: DType)]) {
    if let graph = (layer as? Model)?.graph {
      return (graph.inputs.map(\.shape), graph.outputs.map { ($0.shape, $0.dtype) })
    }
    guard let call = layer.calls.lazy.compactMap(\.call).first else { return ([], []) }
    return (call.inputs.map(\.shape), call.outputTypes)
  }

  /// One value, or several in brackets; a question mark for none.
  private func listed(_ values: [String]) -> String {
    switch values.count {
    case 0: "?"
    case 1: values[0]
    default: "[" + values.joined(separator: ", ") + "]"
    }
  }

  /// The name of the function that a layer applies; nil if it is of a class that has none.
  private func activation(of layer: Layer) -> String? {
    switch layer.configuration.values["activation"] {
    case nil: return nil
    case .null?: return "linear"
    case .string(let name)?: return name
    case let value?:
      guard let nested = value.asConfiguration else { return nil }
      return nested["name"]?.asString ?? snakeCase(nested.className)
    }
  }
}

/// A text of HTML in which nothing is markup.
private func escaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
}

/// A text of the DOT language.
private func quoted(_ text: String) -> String {
  "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
