import Foundation
import MartletTensors

/// What stands for the class of a file that lies in the folder of its class.
public enum FolderLabelMode: String, Sendable, Hashable, CaseIterable {
  /// Its number, int32.
  case int
  /// A row of zeros and a one, float32 `[classes]`.
  case categorical
  /// 0 or 1, float32 `[1]`; of two classes only.
  case binary
  /// Nothing.
  case none
}

/// A part of the files in the folders of classes.
public enum FolderSubset: String, Sendable, Hashable {
  /// What validation leaves.
  case training
  /// The share that `validationSplit` keeps.
  case validation
}

/// Files in folders, one folder for each class: what the loaders of such folders share.
struct ClassFolders: Sendable {
  /// The files that a loader takes, by the ends of their names.
  struct Kinds: Sendable {
    /// What a file is called, in the plural.
    let noun: String
    /// The ends that are taken.
    let known: Set<String>
    /// The ends that are refused rather than passed over: they belong to the same kind of data.
    let unknown: Set<String>
    /// The known ends for messages.
    let names: String
  }

  /// Which files are taken, and in which order.
  struct Choice: Sendable {
    var labelMode: FolderLabelMode
    var classNames: [String]?
    var shuffle: Bool
    var seed: UInt64?
    var validationSplit: Double?
    var subset: FolderSubset?
    var followLinks: Bool
  }

  /// The names of the classes, by number: those of the folders.
  let classNames: [String]
  /// The files, in the order of the elements.
  let files: [URL]
  /// The class of each file, by number.
  let labels: [Int]
  let labelMode: FolderLabelMode
  /// What the order of the epochs follows from; nil where it is always the same.
  let shuffleSeed: UInt64?

  /// Finds the files of a folder.
  init(
    _ who: String, _ path: String, _ kinds: Kinds, _ choice: Choice
  ) throws(Diagnostic) {
    let search = FolderSearch(who: who, kinds: kinds, followLinks: choice.followLinks)
    let folder = URL(fileURLWithPath: path)
    labelMode = choice.labelMode
    classNames = try search.classes(in: folder, asked: choice.classNames)
    if labelMode == .binary, classNames.count != 2 {
      throw search.problem(
        "binary labels are for two classes", "2 classes", "\(classNames.count)",
        "use labelMode: .int or .categorical")
    }
    var found: [(file: URL, label: Int)] = []
    for (label, name) in classNames.enumerated() {
      found += try search.files(in: folder.appendingPathComponent(name)).map { ($0, label) }
    }
    guard !found.isEmpty else {
      throw search.problem(
        "there are no \(kinds.noun)", "files \(kinds.names) in \(path)/CLASS/", "none")
    }
    if choice.shuffle {
      if choice.validationSplit != nil, choice.seed == nil {
        throw search.problem(
          "the parts of a random order without a seed may have \(kinds.noun) in common",
          "a seed, the same for both parts", "none", "give seed:, or shuffle: false")
      }
      let seed = choice.seed ?? freshSeed()
      shuffleSeed = seed
      var random = KeyedRandom(seed: seed)
      found = random.permutation(found.count).map { found[$0] }
    } else {
      shuffleSeed = nil
    }
    let part = try search.part(of: found.count, choice.validationSplit, choice.subset)
    files = found[part].map(\.file)
    labels = found[part].map(\.label)
  }

  var count: Int { files.count }

  /// What stands for the class of one file; nil where nothing does.
  func label(of index: Int) -> Tensor? {
    switch labelMode {
    case .int: return Tensor([Int32(labels[index])], shape: [], dtype: .int32)
    case .binary: return Tensor([Float(labels[index])])
    case .categorical:
      return Tensor(classNames.indices.map { $0 == labels[index] ? 1 as Float : 0 })
    case .none: return nil
    }
  }

  /// What stands for the classes of several files, stacked along a new first axis.
  func labels(of indices: [Int]) throws -> Tensor? {
    if labelMode == .none { return nil }
    return try Batch.stacked(indices.map { Batch(inputs: label(of: $0).map { [$0] } ?? []) })
      .inputs.first
  }
}

/// Looks for classes and files in folders.
private struct FolderSearch {
  let who: String
  let kinds: ClassFolders.Kinds
  let followLinks: Bool

  func problem(
    _ what: String, _ expected: String, _ got: String, _ fix: String? = nil
  ) -> Diagnostic {
    Diagnostic(who, what, expected: expected, got: got, fix: fix)
  }

  /// What lies in a folder, hidden files aside, in the order of the bytes of the names.
  private func contents(of folder: URL) throws(Diagnostic) -> [URL] {
    do {
      // By path: the call for URLs finds nothing in a folder that is a link.
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        .map { folder.appendingPathComponent($0) }
    } catch {
      throw problem(
        "the folder cannot be read", "a folder at \(folder.path)", error.localizedDescription,
        "check the path and the permissions")
    }
  }

  /// Whether a path leads to a folder, links followed.
  private func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private func isLink(_ url: URL) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil
  }

  func classes(in folder: URL, asked: [String]?) throws(Diagnostic) -> [String] {
    let found = try contents(of: folder).filter(isFolder).map(\.lastPathComponent)
    guard let asked else {
      if found.isEmpty {
        throw problem(
          "the folder has no classes", "a folder for each class in \(folder.path)", "none",
          "sort the \(kinds.noun) into folders")
      }
      return found
    }
    guard Set(asked).count == asked.count, Set(asked).isSubset(of: found), !asked.isEmpty else {
      throw problem(
        "the classes are not folders of it", "some of " + found.joined(separator: ", "),
        asked.joined(separator: ", "))
    }
    return asked
  }

  /// The files in a folder and the folders inside it: folder by folder in the order of their whole
  /// paths, as Keras sorts them.
  func files(in top: URL) throws(Diagnostic) -> [URL] {
    /// A folder to look into, and the folders that led there, without links.
    struct Step {
      let folder: URL
      let way: [String]
    }
    var pending = [Step(folder: top, way: [top.resolvingSymlinksInPath().path])]
    var found: [(folder: String, files: [URL])] = []
    while let step = pending.popLast() {
      var files: [URL] = []
      for url in try contents(of: step.folder) {
        let kind = url.pathExtension.lowercased()
        if isFolder(url) {
          if !followLinks, isLink(url) { continue }
          let place = url.resolvingSymlinksInPath().path
          if step.way.contains(place) {
            throw problem(
              "a link leads back to a folder around it", "links that lead elsewhere",
              "\(url.path), which is \(place)", "remove the link, or set followLinks: false")
          }
          pending.append(Step(folder: url, way: step.way + [place]))
        } else if kinds.known.contains(kind) {
          files.append(url)
        } else if kinds.unknown.contains(kind) {
          throw problem(
            "a file is of a format that is not read here", kinds.names, url.path,
            "convert the \(kinds.noun)")
        }
      }
      found.append((step.folder.path, files))
    }
    return found.sorted { $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8) }
      .flatMap(\.files)
  }

  func part(
    of count: Int, _ split: Double?, _ subset: FolderSubset?
  ) throws(Diagnostic) -> Range<Int> {
    guard let split, let subset else {
      if split == nil, subset == nil { return 0..<count }
      throw problem(
        "a split and a part need each other", "validationSplit and subset, or neither",
        split == nil ? "subset alone" : "validationSplit alone")
    }
    let validation = split > 0 && split < 1 ? Int(split * Double(count)) : 0
    guard validation > 0, validation < count else {
      throw problem(
        "the split leaves a part empty",
        "a number between 0 and 1 that leaves both parts \(kinds.noun)",
        "\(split) of \(count) \(kinds.noun)")
    }
    return subset == .training ? 0..<(count - validation) : (count - validation)..<count
  }
}
