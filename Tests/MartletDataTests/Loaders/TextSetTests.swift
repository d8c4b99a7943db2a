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
    // What does not fit in int32 would trap where the texts are padded.
    let large = 1 << 31
    #expect(got { try IMDB.load(from: folder, startChar: large) } == "startChar is out of range")
    #expect(got { try IMDB.load(from: folder, oovChar: large) } == "oovChar is out of range")
    #expect(got { try Reuters.load(from: folder, indexFrom: large) } == "indexFrom is out of range")
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

  /// Writes `reuters.npz` with other bytes in place of one of its arrays.
  private func writeReuters(_ folder: String, x: [UInt8]? = nil, y: [UInt8]? = nil) throws {
    let published = try Zip(
      contentsOf: URL(fileURLWithPath: LoaderGoldens.folder + "/reuters.npz"))
    let changed = try Zip.content(of: [
      Zip.Entry("x.npy", FileContent(x ?? Array(published.bytes(of: "x.npy")))),
      Zip.Entry("y.npy", FileContent(y ?? Array(published.bytes(of: "y.npy")))),
    ])
    try Data(changed.bytes).write(to: URL(fileURLWithPath: folder + "/reuters.npz"))
  }

  @Test func `labels that do not fit in int32 are refused, not wrapped`() throws {
    try withTemporaryFolder { folder in
      var labels = [Int64](repeating: 1, count: 31)
      for wrong in [1 << 32 + 3, 1 << 31, -1 << 31 - 1] as [Int64] {
        labels[17] = wrong
        let array = StoredArray(shape: [31], scalars: labels)
        try writeReuters(folder, y: NPY(array).content().bytes)
        let error = #expect(throws: Diagnostic.self) { try Reuters.load(from: folder) }
        #expect(error?.what == "a label does not fit in int32")
        #expect(error?.got == "\(wrong) at y[17] of \(folder)/reuters.npz")
      }
      labels[17] = Int64(Int32.max)
      try writeReuters(folder, y: NPY(StoredArray(shape: [31], scalars: labels)).content().bytes)
      let (train, test) = try Reuters.load(from: folder)
      let read = [train, test].flatMap { $0.labels.scalars(of: Int.self) }
      #expect(read.max() == Int(Int32.max))
    }
  }

  @Test func `words that do not fit in int32 are refused, and do not trap`() throws {
    try withTemporaryFolder { folder in
      let published = try Zip(
        contentsOf: URL(fileURLWithPath: LoaderGoldens.folder + "/reuters.npz"))
      var x = try Array(published.bytes(of: "x.npy"))
      let lists = try IntegerLists(x).lists
      let text = try #require(lists.firstIndex { $0.contains { $0 > 65_535 } })
      let place = try #require(lists[text].firstIndex { $0 > 65_535 })
      // Python's instruction J and the four bytes of the number.
      func bytes(_ number: Int) -> [UInt8] {
        [0x4a] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      }
      let stored = try #require(x.firstRange(of: bytes(lists[text][place])))
      x.replaceSubrange(stored, with: bytes(Int(Int32.max) - 2))
      try writeReuters(folder, x: x)
      let error = #expect(throws: Diagnostic.self) { try Reuters.load(from: folder) }
      #expect(error?.what == "a word's number does not fit in int32")
      #expect(error?.got == "2147483645 at x[\(text)][\(place)] of \(folder)/reuters.npz")
      #expect(error?.expected == "-2147483648 to 2147483644, to which indexFrom 3 is added")
      let (train, test) = try Reuters.load(
        from: folder, numWords: Int(Int32.max), indexFrom: 1)
      let read = [train, test].flatMap { $0.padded().scalars(of: Int.self) }
      #expect(read.max() == Int(Int32.max) - 1)
    }
  }
}
