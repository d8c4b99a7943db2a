import Foundation
import KerasGoldens
import MartletTraining
import Testing

@testable import MartletSaving

/// Summaries against the text that Keras prints of the same models: those that it saved, and those
/// that are made here anew.
@Suite("Keras summaries")
struct KerasSummaryTests {
  static let cases = (try? KerasCase.read("summaries")) ?? []
  /// Models with an optimizer, whose steps Keras counts in int64 on TensorFlow alone.
  static let trained = (try? KerasCase.rows(onTensorFlow: "summaries")) ?? []

  @Test("There are as many as Keras made")
  func count() {
    #expect(Self.cases.count == 54)
    #expect(Self.trained.count == 6)
  }

  @Test("A summary is Keras', letter by letter", arguments: cases.map(\.name))
  func summary(name: String) throws {
    let golden = try #require(Self.cases.first { $0.name == name })
    let options = golden.configuration
    let model = try Self.model(options.className)
    try compare(model, options, try #require(golden.row["text"]?.asString))
  }

  @Test("So is that of a model with an optimizer", arguments: trained.indices)
  func trainedSummary(index: Int) throws {
    let row = Self.trained[index]
    let name = try row.string("case")
    let file = KerasCase.folder.appending(path: "files/\(name).keras").path
    let options = Configuration("summary", try row.object("config"))
    try compare(try Model.load(from: file), options, try row.string("text"))
  }

  private func compare(_ model: Model, _ options: Configuration, _ expected: String) throws {
    let range = try options.list("layer_range").compactMap(\.asString)
    var text = ""
    model.summary(
      lineLength: try options.optionalInt("line_length")
        // What the terminal has is another matter.
        ?? Self.usualLength(model, try options.bool("show_trainable", default: false)),
      positions: options["positions"] == nil ? nil : try options.numbers("positions"),
      printFunction: { text += $0 },
      expandNested: try options.bool("expand_nested", default: false),
      showTrainable: try options.bool("show_trainable", default: false),
      layerRange: range.count == 2 ? (first: range[0], last: range[1]) : nil)
    // Keras ends with an empty line.
    #expect(
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        == expected.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
  }

  private static func usualLength(_ model: Model, _ showTrainable: Bool) -> Int {
    let text = model.summaryText(showTrainable: showTrainable)
    return text.split(separator: "\n")[1].count
  }

  /// Keras' models of Generator/models.py, from its files or made here.
  private static func model(_ name: String) throws -> Model {
    switch name {
    case "lenet":
      return Sequential(name: "lenet") {
        Input(shape: [28, 28, 1])
        Conv2D(6, kernelSize: 5, padding: .same, activation: .relu)
        MaxPool2D(2)
        Conv2D(16, kernelSize: 5, activation: .relu)
        MaxPool2D(2)
        Flatten()
        Dense(120, activation: .relu)
        Dense(84, activation: .relu)
        Dense(10, activation: .softmax)
      }
    case "unbuilt":
      return Sequential {
        Dense(4)
        BatchNorm()
        Dense(1)
      }
    case "shared_layer":
      let (a, b) = (Input(shape: [4], name: "a"), Input(shape: [4], name: "b"))
      let dense = Dense(3, name: "twice")
      return try Model(
        inputs: [a, b], outputs: Dot(axes: 1, name: "dot")([dense(a), dense(b)]), name: "pair")
    case "frozen":
      let model = Sequential(name: "frozen") {
        Input(shape: [10])
        Dense(20, name: "fixed")
        BatchNorm(name: "norm")
        Dense(1, name: "learned")
      }
      try model.layer(named: "fixed").trainable = false
      return model
    case "long_names":
      return Sequential(name: "a_model_with_a_long_name") {
        Input(shape: [100])
        Dense(1000, name: "a_dense_layer_with_a_name_that_is_longer_than_its_column")
        Dense(2000, name: "second")
      }
    default:
      let file = KerasCase.folder.appending(path: "files/\(name).keras").path
      return try Model.load(from: file, compiling: false)
    }
  }

  @Test("A range without layers, positions that do not fit and no room are mistakes")
  func mistakes() async {
    func expect(_ result: ExitTest.Result?, _ text: String) {
      let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(message.contains(text), "\(message)")
    }
    let range = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Sequential([Dense(1)]).summary(layerRange: ("dense", "conv")) }
    expect(range, "no layer's name begins so")
    let positions = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Sequential([Dense(1)]).summary(positions: [0.5, 1]) }
    expect(positions, "the positions are not as many as the columns")
    let length = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Sequential([Dense(1)]).summary(lineLength: 10) }
    expect(length, "the table is too narrow")
  }

  @Test("Without a length the table leaves four columns of the terminal free")
  func terminal() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      setenv("COLUMNS", "64", 1)
      Sequential([Dense(1)]).summary()
      setenv("COLUMNS", "300", 1)
      Sequential([Dense(1)]).summary()
    }
    let rules = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
      .split(separator: "\n").filter { $0.hasPrefix("┏") }.map(\.count)
    #expect(rules == [60, 88])
  }
}
