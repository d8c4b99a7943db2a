import Foundation
import KerasGoldens
import MartletTraining
import Testing

@testable import MartletSaving

/// Summaries of models that Keras saved, against the text that Keras prints of them.
@Suite("Keras summaries")
struct KerasSummaryTests {
  static let cases = ((try? KerasCase.read("summaries")) ?? []).filter { golden in
    // Models that were saved as well; one with an optimizer is another model.
    KerasFileTests.files[golden.configuration.className] != nil
      && !(golden.row["text"]?.asString ?? "").contains("Optimizer params")
  }

  @Test("There are as many as Keras made")
  func count() { #expect(Self.cases.count >= 8) }

  @Test("A summary is Keras', letter by letter", arguments: cases.map(\.name))
  func summary(name: String) throws {
    let golden = try #require(Self.cases.first { $0.name == name })
    let options = golden.configuration
    let file = KerasCase.folder.appending(path: "files/\(options.className).keras").path
    let model = try Model.load(from: file, compiling: false)
    let text = model.summaryText(
      lineLength: try options.optionalInt("line_length"),
      expandNested: try options.bool("expand_nested", default: false),
      showTrainable: try options.bool("show_trainable", default: false))
    let expected = try #require(golden.row["text"]?.asString)
    // Keras ends with an empty line.
    #expect(
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        == expected.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
  }
}
