import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

/// IMDB and Reuters against Keras' own loaders, on small files of the same format.
@Suite struct TextSetTests {
  private typealias Parts = (train: LabeledSequences, test: LabeledSequences)

  private func expect(_ parts: Parts, _ golden: LoaderGoldens.Case) {
    for (part, expected) in [(parts.train, golden.train), (parts.test, golden.test)] {
      #expect(part.sequences == expected.x.map { $0.map(Int.init) })
      #expect(part.labels.scalars(of: Double.self) == expected.y)
      #expect(part.labels.dtype == .int32)
      #expect(part.labels.shape == [part.count])
      #expect(part.origin == LoaderGoldens.folder + "/" + golden.file)
    }
  }

  @Test(arguments: LoaderGoldens.cases(of: "imdb.npz"))
  func `reviews are those of Keras' loader`(golden: LoaderGoldens.Case) throws {
    let given = golden.arguments
    let parts = try IMDB.load(
      from: LoaderGoldens.folder, numWords: given.numWords, skipTop: given.skipTop ?? 0,
      maxLength: given.maxLength, seed: given.seed ?? 113, startChar: given.startChar ?? 1,
      oovChar: given.oovChar ?? 2, indexFrom: given.indexFrom ?? 3)
    expect(parts, golden)
  }

  @Test(arguments: LoaderGoldens.cases(of: "reuters.npz"))
  func `news are those of Keras' loader`(golden: LoaderGoldens.Case) throws {
    let given = golden.arguments
    let parts = try Reuters.load(
      from: LoaderGoldens.folder, numWords: given.numWords, skipTop: given.skipTop ?? 0,
      maxLength: given.maxLength, testSplit: given.testSplit ?? 0.2, seed: given.seed ?? 113,
      startChar: given.startChar ?? 1, oovChar: given.oovChar ?? 2,
      indexFrom: given.indexFrom ?? 3)
    expect(parts, golden)
  }

  @Test func `there are goldens, and the defaults are Keras'`() throws {
    #expect(LoaderGoldens.cases(of: "imdb.npz").count == 6)
    let reuters = LoaderGoldens.cases(of: "reuters.npz")
    #expect(reuters.count == 4)
    expect(
      try IMDB.load(from: LoaderGoldens.folder), LoaderGoldens.cases(of: "imdb.npz")[0])
    expect(try Reuters.load(from: LoaderGoldens.folder), reuters[0])
  }

  @Test func `texts are padded to one length`() throws {
    let (train, _) = try IMDB.load(from: LoaderGoldens.folder)
    let longest = train.sequences.map(\.count).max() ?? 0
    #expect(train.padded().shape == [train.count, longest])
    let x = train.padded(to: 4)
    #expect(x.dtype == .int32)
    let expected = train.sequences.flatMap { text in
      [Int](repeating: 0, count: max(0, 4 - text.count)) + text.suffix(4)
    }
    #expect(x.scalars(of: Int.self) == expected)
    let after = train.padded(to: 20, padding: .post)
    #expect(
      after[0].scalars(of: Int.self).prefix(train.sequences[0].count).elementsEqual(
        train.sequences[0]))
  }

  @Test func `word indices are the words' ranks`() throws {
    #expect(
      try IMDB.wordIndex(from: LoaderGoldens.folder) == ["the": 1, "café": 17, "quo\"te": 88584])
    #expect(try Reuters.wordIndex(from: LoaderGoldens.folder) == ["mdbl": 10996])
    // Keras' get_label_names has 46; the fourth and the last.
    #expect(Reuters.labelNames.count == 46)
    #expect(Reuters.labelNames[3] == "earn" && Reuters.labelNames[45] == "lead")
  }

  @Test func `settings that do not fit are refused`() throws {
    let folder = LoaderGoldens.folder
    func got(_ body: () throws -> Parts) -> String? {
      #expect(throws: Diagnostic.self) { _ = try body() }?.what
    }
    #expect(got { try IMDB.load(from: folder, numWords: 0) } == "numWords is out of range")
    #expect(got { try IMDB.load(from: folder, skipTop: -1) } == "skipTop is out of range")
    #expect(got { try IMDB.load(from: folder, startChar: -1) } == "startChar is out of range")
    #expect(got { try IMDB.load(from: folder, oovChar: -1) } == "oovChar is out of range")
    #expect(got { try IMDB.load(from: folder, indexFrom: .max) } == "indexFrom is out of range")
    #expect(got { try IMDB.load(from: folder, maxLength: 1) } == "no review is short enough")
    #expect(got { try Reuters.load(from: folder, maxLength: 1) } == "no text is short enough")
    #expect(got { try Reuters.load(from: folder, testSplit: 1) } == "testSplit is out of range")
    #expect(got { try Reuters.load(from: folder, testSplit: .nan) } == "testSplit is out of range")
  }

  @Test func `files that are not what they should be are refused`() throws {
    try withTemporaryFolder { folder in
      func write(_ arrays: [String: StoredArray], _ name: String) throws {
        try NPZ.write(arrays, to: URL(fileURLWithPath: folder + "/" + name))
      }
      let numbers = StoredArray(shape: [2], scalars: [1, 2] as [Int64])
      try write(["x": numbers, "y": numbers], "reuters.npz")
      let error = #expect(throws: FormatError.self) { try Reuters.load(from: folder) }
      #expect(error?.source.hasSuffix("reuters.npz/x.npy") == true)
      // Keras' texts with labels of another number.
      let texts = try Zip(contentsOf: URL(fileURLWithPath: LoaderGoldens.folder + "/reuters.npz"))
      let mixed = try Zip.content(of: [
        Zip.Entry("x.npy", FileContent(texts.bytes(of: "x.npy"))),
        Zip.Entry("y.npy", NPY(numbers).content()),
      ])
      try Data(mixed.bytes).write(to: URL(fileURLWithPath: folder + "/reuters.npz"))
      let counts = #expect(throws: Diagnostic.self) { try Reuters.load(from: folder) }
      #expect(counts?.got?.hasPrefix("31 texts and 2 labels") == true)
      try Data("[]".utf8).write(to: URL(fileURLWithPath: folder + "/imdb_word_index.json"))
      #expect(throws: FormatError.self) { try IMDB.wordIndex(from: folder) }
    }
  }
}
