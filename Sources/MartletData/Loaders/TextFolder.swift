import Foundation
import MartletFormats
import MartletTensors

/// Texts in folders, one folder for each class: Keras' `text_dataset_from_directory`.
///
///     reviews/neg/001.txt, reviews/neg/002.txt, reviews/pos/001.txt …
///
///     let train = try TextFolder("reviews", seed: 1, validationSplit: 0.2, subset: .training)
///     var vectorize = try TextVectorization(maxTokens: 20_000, outputSequenceLength: 200)
///     try vectorize.adapt(train.texts())
///     let batches = train.batches(32) { [vectorize] texts in try vectorize(texts) }
///     try model.fit(batches, epochs: 10)
///
/// There is no string tensor: a closure turns the texts of a batch into one. Files are read when their
/// turn comes; ``dataset(_:)`` keeps all in memory. Read are files `.txt` of UTF-8; others are passed
/// over.
public struct TextFolder: Sendable {
  /// What stands for the class of a text.
  public typealias LabelMode = FolderLabelMode
  /// A part of the files.
  public typealias Subset = FolderSubset

  /// The names of the classes, by number: those of the folders.
  public var classNames: [String] { folders.classNames }
  /// The files, in the order of the elements.
  public var files: [URL] { folders.files }
  /// The class of each file, by number.
  public var labels: [Int] { folders.labels }
  /// What stands for a class.
  public var labelMode: LabelMode { folders.labelMode }
  /// The most Unicode scalars of a text; nil where texts are whole.
  public let maxLength: Int?
  private let folders: ClassFolders
  private let limits: LoadLimits

  /// Finds the files of a folder.
  ///
  /// - Parameters:
  ///   - path: The folder with a folder for each class; those may have folders inside.
  ///   - labelMode: What stands for a class.
  ///   - classNames: The folders to take, in the order of their numbers; all, sorted, without it.
  ///   - maxLength: The most Unicode scalars (what Python counts as characters) of a text: the rest
  ///     is cut off.
  ///   - shuffle: Whether the order is random: before the split, and anew in each epoch of
  ///     `batches`.
  ///   - seed: What the order follows from; needed with a split, so that both parts are of one order.
  ///   - validationSplit: The part of the files, from 0 to 1, that is for validation: the last ones.
  ///   - subset: Which part to take.
  ///   - followLinks: Whether folders inside a class that are links are looked into.
  ///   - limits: The most to take from a file.
  /// - Throws: `Diagnostic` if there is no such folder, no class, no text, or if the settings do not
  ///   fit each other.
  public init(
    _ path: String, labelMode: LabelMode = .int, classNames: [String]? = nil,
    maxLength: Int? = nil, shuffle: Bool = true, seed: UInt64? = nil,
    validationSplit: Double? = nil, subset: Subset? = nil, followLinks: Bool = false,
    limits: LoadLimits = LoadLimits()
  ) throws(Diagnostic) {
    if let maxLength, maxLength < 0 {
      throw Diagnostic(
        "TextFolder", "maxLength is out of range", expected: "0 or more", got: "\(maxLength)")
    }
    self.maxLength = maxLength
    self.limits = limits
    folders = try ClassFolders(
      "TextFolder", path,
      ClassFolders.Kinds(noun: "texts", known: ["txt"], unknown: [], names: ".txt"),
      ClassFolders.Choice(
        labelMode: labelMode, classNames: classNames, shuffle: shuffle, seed: seed,
        validationSplit: validationSplit, subset: subset, followLinks: followLinks))
  }

  /// The number of texts.
  public var count: Int { files.count }

  /// One text; a byte order mark at its beginning is dropped.
  ///
  /// - Throws: `FormatError` if the file cannot be read; `Diagnostic` if it is no UTF-8.
  public func text(at index: Int) throws -> String {
    let file = TextFile(files[index], reader: "TextFolder", limits: limits)
    let text = try file.text(file.bytes())
    guard let maxLength else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(maxLength)))
  }

  /// All texts, in the order of `files` and `labels`: what a vocabulary is learnt from.
  ///
  /// - Throws: as ``text(at:)``.
  public func texts() throws -> [String] { try texts(at: Array(0..<count)) }

  /// Tensors of the texts in batches, in a random order for each epoch unless `shuffle` is off, read
  /// ahead by a thread of their own.
  ///
  /// - Parameters:
  ///   - size: How many texts make a batch.
  ///   - encode: Makes one tensor `[texts, …]` of some texts: a `TextVectorization`, or any closure.
  ///     Of a batch at a time, so rows may be as long as its longest text.
  /// - Returns: A data set whose reading throws what files and the closure throw, and `Diagnostic` if
  ///   a tensor has not a row for each text.
  public func batches(
    _ size: Int = 32, file: StaticString = #fileID, line: UInt = #line,
    _ encode: @escaping @Sendable ([String]) throws -> Tensor
  ) -> Dataset {
    let data = Dataset(EncodedTexts(folder: self, encode: encode))
    let ordered = folders.shuffleSeed.map { data.shuffled(seed: $0) } ?? data
    return ordered.batched(size, file: file, line: line).prefetched(2)
  }

  /// Tensors of all texts in memory, in the order of `files`.
  ///
  /// - Parameter encode: Makes one tensor `[texts, …]` of all texts.
  /// - Throws: as ``text(at:)``, what the closure throws, and `Diagnostic` if its tensor has not a row
  ///   for each text.
  public func dataset(_ encode: ([String]) throws -> Tensor) throws -> TensorDataset {
    try TensorDataset(batch(of: Array(0..<count), encode))
  }

  private func texts(at indices: [Int]) throws -> [String] {
    try Transform.inParallel(indices.count) { try text(at: indices[$0]) }.map { try $0.get() }
  }

  fileprivate func batch(
    of indices: [Int], _ encode: ([String]) throws -> Tensor
  ) throws -> Batch {
    let tensor = try encode(texts(at: indices)).evaluated()
    guard tensor.shape.first == indices.count else {
      throw Diagnostic(
        "TextFolder", "the closure's tensor has not a row for each text",
        expected: "[\(indices.count), …]", got: "\(tensor.shape)")
    }
    return Batch(tensor, try folders.labels(of: indices))
  }
}

/// Texts as the tensors that a closure makes of them.
private struct EncodedTexts: IndexedBatchSource {
  let folder: TextFolder
  let encode: @Sendable ([String]) throws -> Tensor

  var count: Int { folder.count }

  func element(at index: Int, epoch: Int) throws -> Batch {
    try stacked([index], epoch: epoch).mapTensors { _, tensor in tensor.squeezed(along: 0) }
      .evaluated()
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    try folder.batch(of: indices, encode)
  }
}
