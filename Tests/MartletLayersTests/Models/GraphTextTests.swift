import KerasGoldens
import MartletTensors
import Testing

@testable import MartletLayers

@Suite struct GraphTextTests {
  /// The models of the generator, `pictured` there.
  private static func model(_ name: String) throws -> Model {
    switch name {
    case "stack":
      return Sequential(name: name) {
        Input(shape: [8, 8, 1])
        Conv2D(4, kernelSize: 3, activation: .relu)
        MaxPool2D(2)
        Flatten()
        Dropout(0.5)
        Dense(10, activation: .softmax)
      }
    case "branching":
      let (a, b) = (Input(shape: [4], name: "a"), Input(shape: [6], name: "b"))
      let left = Dense(5, activation: .relu, name: "left")(a)
      let right = Dense(5, activation: .tanh, name: "right")(b)
      let joined = Concatenate(name: "joined")([left, right])
      let skip = Add(name: "skip")([left, right])
      let model = try Model(
        inputs: [a, b],
        outputs: [Dense(1, name: "one")(joined), Dense(2, name: "two")(skip)], name: name)
      try model.layer(named: "right").trainable = false
      return model
    case "twins":
      let (a, b) = (Input(shape: [4], name: "a"), Input(shape: [4], name: "b"))
      let shared = Dense(3, activation: .selu, name: "shared")
      let distance = Subtract(name: "distance")([shared(a), shared(b)])
      return try Model(inputs: [a, b], outputs: Dense(1, name: "score")(distance), name: name)
    case "nested":
      let inner = Input(shape: [5], name: "inner")
      let deep = Sequential(name: "deep") {
        Input(shape: [6])
        Dense(7, name: "deep_one")
        ReLU(name: "deep_two")
      }
      let hidden = Dense(6, name: "hidden")(inner)
      let encoder = try Model(inputs: inner, outputs: [deep(hidden), hidden], name: "encoder")
      let outer = Input(shape: [5], name: "outer")
      let found = encoder.outputs(of: [outer])
      let head = Sequential(name: "head") {
        Input(shape: [7])
        Dense(2, name: "head_one")
      }
      return try Model(
        inputs: outer, outputs: [head(found[0]), Dense(3, name: "last")(found[1])], name: name)
    case "ending":
      let (inner, before) = (Input(shape: [3], name: "core_in"), Input(shape: [3], name: "before"))
      let core = try Model(
        inputs: inner, outputs: Dense(2, name: "core_out")(inner), name: "core")
      return try Model(
        inputs: before, outputs: core(Dense(3, name: "first")(before)), name: name)
    case "tower":
      return Sequential(name: name) {
        Input(shape: [6])
        Sequential(name: "base") {
          Input(shape: [6])
          Dense(4, name: "low")
        }
        Activation(.relu, name: "middle")
        Sequential(name: "top") {
          Input(shape: [4])
          Dense(2, name: "high")
        }
      }
    default:
      let words = Input(shape: [nil], dtype: .int32, name: "words")
      let states = LSTM(4, returnState: true, name: "lstm")
        .outputs(of: [Embedding(9, 3, name: "embed")(words)])
      let row = Reshape([1, 4], name: "row")(states[0])
      return try Model(
        inputs: words, outputs: [Attention(name: "attend")([row, row]), states[2]], name: name)
    }
  }

  private struct Node: Hashable {
    var frames: [String]
    var label: String
  }

  /// Nodes and edges of a text, by reading it line by line.
  private static func parsed(_ text: String) throws -> (nodes: [Node], edges: [[Node]]) {
    var nodes: [(name: String, node: Node)] = []
    var edges: [[String]] = []
    var frames: [String] = []
    for line in text.split(separator: "\n").map(String.init).dropFirst() {
      if line.hasPrefix("subgraph") {
        frames.append("")
      } else if line.hasPrefix("label=") {
        frames[frames.count - 1] = String(line.dropFirst(7).dropLast(2))
      } else if line == "}" {
        if !frames.isEmpty { frames.removeLast() }
      } else if line.contains(" -> ") {
        let ends = line.split(separator: " ")
        #expect(line.hasSuffix(" [penwidth=2];"))
        edges.append([String(ends[0]), String(ends[2])])
      } else if let label = line.firstRange(of: " [label=") {
        let end = try #require(line.firstRange(of: ", fontname="))
        nodes.append(
          (
            String(line[..<label.lowerBound]),
            Node(frames: frames, label: String(line[label.upperBound..<end.lowerBound]))
          ))
      }
    }
    let named = Dictionary(nodes.map { ($0.name, $0.node) }) { first, _ in first }
    #expect(named.count == nodes.count)
    return (nodes.map(\.node), try edges.map { try $0.map { try #require(named[$0]) } })
  }

  @Test func `nodes, frames, labels and edges are those of Keras`() throws {
    let rows = try KerasCase.rows(onTensorFlow: "graphs")
    #expect(rows.count == 35)
    for row in rows {
      let name = try row.string("case")
      let c = Configuration("config", try row.object("config"))
      let model = try Self.model(name)
      let text = try model.dot(
        showShapes: try c.bool("show_shapes", default: false),
        showDType: try c.bool("show_dtype", default: false),
        showLayerNames: try c.bool("show_layer_names", default: true),
        direction: c["rankdir"] == nil ? .down : .right,
        expandNested: try c.bool("expand_nested", default: false),
        showLayerActivations: try c.bool("show_layer_activations", default: false),
        showTrainable: try c.bool("show_trainable", default: false))
      #expect(text.contains("rankdir=\(try row.string("rankdir"));"))
      let found = try Self.parsed(text)
      let nodes = try row.rows("nodes").map { node in
        Node(
          frames: try node.list("frame").compactMap(\.asString), label: try node.string("label"))
      }
      let edges = try row.list("edges").map { edge in
        try #require(edge.asInts).map { nodes[$0] }
      }
      let what = "\(name) \(c.values)"
      #expect(found.nodes.count == nodes.count, "\(what)")
      for node in Set(nodes).symmetricDifference(found.nodes) { Issue.record("\(what): \(node)") }
      #expect(found.edges.count == edges.count, "\(what)")
      for edge in Set(edges).symmetricDifference(found.edges) { Issue.record("\(what): \(edge)") }
    }
  }

  @Test func `names are no markup`() throws {
    let model = Sequential(name: "a\"b\\") {
      Input(shape: [2])
      Sequential(name: "in\"ner") {
        Input(shape: [2])
        Dense(1, name: "<b>&")
      }
    }
    let text = try model.dot(expandNested: true)
    #expect(text.contains("<b>&lt;b&gt;&amp;</b> (Dense)"))
    #expect(text.contains(#"label="in\"ner";"#))
  }

  @Test func `a subclass is one node, a model that is not built none`() throws {
    final class Own: Model {
      let dense = Dense(2)
      override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
        dense.outputs(of: inputs, context)
      }
    }
    let own = Own(name: "own")
    _ = own(Tensor([[1.0]]))
    let parts = try Self.parsed(own.dot(showShapes: true))
    #expect(parts.nodes.count == 1)
    #expect(parts.nodes[0].label.contains("<b>own</b> (Own)"))
    #expect(parts.edges.isEmpty)
    #expect(throws: Diagnostic.self) { try Sequential { Dense(1) }.dot() }
  }
}
