import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite final class TextFolderTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("TextFolderTests-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ path: String, _ bytes: some Sequence<UInt8>) throws {
    let url = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent(path),
      withDestinationURL: folder.appendingPathComponent(target))
  }

  private func writeTwoClasses() throws {
    for number in 0..<6 { try write("pos/\(number).txt", "good \(number)".utf8) }
    for number in 0..<4 { try write("neg/\(number).txt", "bad \(number)".utf8) }
    try write("neg/notes.md", "no text".utf8)
  }

  /// The number at the end of each text, and its length: a tensor `[texts, 2]`.
  private static let encode: @Sendable ([String]) throws -> Tensor = { texts in
    Tensor(
      texts.flatMap { [Float($0.last?.wholeNumberValue ?? -1), Float($0.utf8.count)] },
      shape: [texts.count, 2])
  }

  @Test(arguments: [false, true])
  func `classes and files are in Keras' order`(followLinks: Bool) throws {
    let goldens = try LoaderGoldens.read()
    for path in goldens.tree { try write(path, path.utf8) }
    for pair in goldens.links { try link(pair[0], to: pair[1]) }
    let expected = try #require(goldens.orders.first { $0.followLinks == followLinks })
    let texts = try TextFolder(folder.path, shuffle: false, followLinks: followLinks)
    #expect(texts.classNames == expected.classNames)
    #expect(texts.files.map { $0.path } == expected.files.map { folder.path + "/" + $0 })
    #expect(texts.labels == expected.labels)
    #expect(try texts.text(at: 4) == (followLinks ? "b/in/z.txt" : "b/10.txt"))
  }

  @Test func `links that lead in a circle are refused by name`() throws {
    try writeTwoClasses()
    try write("pos/in/a.txt", [])
    try link("pos/in/up", to: "pos")
    #expect(try TextFolder(folder.path).count == 11)
    let error = #expect(throws: Diagnostic.self) {
      try TextFolder(self.folder.path, followLinks: true)
    }
    #expect(error?.got?.contains("pos/in/up") == true)
  }

  @Test func `texts are whole, or cut after so many Unicode scalars`() throws {
    try write("a/1.txt", [0xef, 0xbb, 0xbf] + "né\u{301}e\r\nund".utf8)
    try write("a/2.txt", "".utf8)
    let texts = try TextFolder(folder.path, shuffle: false)
    #expect(try texts.texts() == ["né\u{301}e\r\nund", ""])
    #expect(texts.labels == [0, 0])
    let short = try TextFolder(folder.path, maxLength: 5, shuffle: false)
    #expect(Array(try short.text(at: 0).unicodeScalars) == ["n", "é", "\u{301}", "e", "\r"])
    #expect(try short.text(at: 1) == "")
  }

  @Test func `what is no text says in which line of which file`() throws {
    try write("a/1.txt", "fine\nnot".utf8 + [0xff] + "\nfine".utf8)
    let texts = try TextFolder(folder.path)
    let error = #expect(throws: Diagnostic.self) { try texts.texts() }
    #expect(error?.got?.hasPrefix("line 2 of ") == true)
    #expect(error?.got?.hasSuffix("a/1.txt") == true)
    try FileManager.default.removeItem(at: folder.appendingPathComponent("a/1.txt"))
    #expect(throws: FormatError.self) { try texts.text(at: 0) }
  }

  @Test func `batches have the tensors of the closure and the labels asked for`() throws {
    try writeTwoClasses()
    for mode in TextFolder.LabelMode.allCases {
      let texts = try TextFolder(folder.path, labelMode: mode, shuffle: false)
      let all = try texts.dataset(Self.encode)
      #expect(all.count == 10)
      var sizes: [Int] = []
      var rows: [Float] = []
      var labels: [Float] = []
      try texts.batches(4, Self.encode).forEachBatch { batch in
        sizes.append(batch.sampleCount)
        rows += batch.inputs[0].scalars
        #expect(batch.targets.count == (mode == .none ? 0 : 1))
        for target in batch.targets {
          #expect(
            Array(target.shape.dropFirst()) == (mode == .int ? [] : [mode == .binary ? 1 : 2]))
          #expect(target.dtype == (mode == .int ? .int32 : .float32))
          labels += target.scalars(of: Float.self)
        }
      }
      #expect(sizes == [4, 4, 2])
      #expect(rows == [0, 5, 1, 5, 2, 5, 3, 5, 0, 6, 1, 6, 2, 6, 3, 6, 4, 6, 5, 6])
      let expected: [Float] =
        switch mode {
        case .none: []
        case .int, .binary: [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
        case .categorical:
          [1, 0, 1, 0, 1, 0, 1, 0] + [0, 1, 0, 1, 0, 1] + [0, 1, 0, 1, 0, 1]
        }
      #expect(labels == expected)
      let whole = all.batched(10).elements(epoch: 0).map { $0 }
      #expect(whole[0].inputs[0].scalars == rows)
      #expect(whole[0].targets.first.map { $0.scalars(of: Float.self) } ?? [] == expected)
    }
  }

  @Test func `batches are 32 texts, in another order in each epoch`() throws {
    for number in 0..<40 { try write("a/\(number).txt", "\(number)".utf8) }
    let texts = try TextFolder(folder.path, labelMode: .none, seed: 3)
    let batches = texts.batches { texts in
      Tensor(texts.compactMap { Float($0) }, shape: [texts.count, 1])
    }
    #expect(batches.cardinality == .finite(2))
    var epochs: [[Float]] = []
    for epoch in [0, 1, 0] {
      var seen: [Float] = []
      try batches.forEachBatch(epoch: epoch) { seen += $0.inputs[0].scalars }
      epochs.append(seen)
    }
    #expect(epochs[0] == epochs[2])
    #expect(epochs[0] != epochs[1])
    #expect(epochs[1].sorted() == (0..<40).map(Float.init))
  }

  @Test func `the parts of a split have no file in common`() throws {
    try writeTwoClasses()
    func part(_ subset: TextFolder.Subset, seed: UInt64) throws -> [String] {
      try TextFolder(folder.path, seed: seed, validationSplit: 0.3, subset: subset)
        .files.map(\.path)
    }
    let (training, validation) = (try part(.training, seed: 1), try part(.validation, seed: 1))
    #expect(training.count == 7)
    #expect(Set(training + validation).count == 10)
    #expect(try part(.training, seed: 1) == training)
    #expect(try part(.training, seed: 2) != training)
  }

  @Test func `settings and closures that do not fit are refused`() throws {
    #expect(throws: Diagnostic.self) { try TextFolder(self.folder.path) }
    try writeTwoClasses()
    let path = folder.path
    let none = #expect(throws: Diagnostic.self) { try TextFolder(path + "/pos") }
    #expect(none?.who == "TextFolder")
    #expect(throws: Diagnostic.self) { try TextFolder(path, maxLength: -1) }
    #expect(throws: Diagnostic.self) {
      try TextFolder(path, validationSplit: 0.2, subset: .training)
    }
    #expect(throws: Diagnostic.self) {
      try TextFolder(path, seed: 1, validationSplit: .nan, subset: .training)
    }
    #expect(throws: Diagnostic.self) { try TextFolder(path, classNames: ["neutral"]) }
    let texts = try TextFolder(path)
    let rows = #expect(throws: Diagnostic.self) { try texts.dataset { _ in Tensor([1.0]) } }
    #expect(rows?.expected == "[10, …]")
    #expect(throws: Diagnostic.self) {
      try texts.batches(2) { _ in Tensor([1.0]) }.forEachBatch { (_: Batch) in }
    }
    try write("more/a.txt", [])
    #expect(throws: Diagnostic.self) { try TextFolder(path, labelMode: .binary) }
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("more/empty"), withIntermediateDirectories: true)
    let empty = #expect(throws: Diagnostic.self) { try TextFolder(path + "/more") }
    #expect(empty?.what == "there are no texts")
  }
}
