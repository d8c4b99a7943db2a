import Foundation
import MartletFormats
import MartletTraining

extension Model {
  /// Writes the weights to a file: `.weights.h5`, Keras' own, or `.safetensors`.
  ///
  /// The old file or the new one stands, never a part.
  ///
  /// - Throws: a `Diagnostic` for another ending or a model that is not built, `FormatError` where
  ///   the file cannot be written.
  public final func saveWeights(to path: String, in files: some FileSystem = .disk) throws {
    try requireBuilt("saveWeights")
    let url = URL(filePath: path)
    if path.hasSuffix(".safetensors") {
      let tree = WeightTree(self)
      let entries = tree.entries.map { SafeTensors.Entry($0.path, $0.variable.value.stored) }
      try SafeTensors.write(entries, metadata: ["format": "martlet"], to: url, in: files)
    } else if path.hasSuffix(".h5") {
      try WeightTree(self).file(optimizer: nil).write(to: url, in: files)
    } else {
      throw Diagnostic(
        "saveWeights", "the ending of the file is not known",
        expected: ".weights.h5 or .safetensors", got: path)
    }
  }

  /// Reads weights from a file that `saveWeights` or Keras wrote: `.weights.h5`, `.keras` or
  /// `.safetensors`.
  ///
  /// All shapes are compared before anything is read into the model; on an error it is as it was.
  ///
  /// - Parameters:
  ///   - skipMismatch: Whether weights that are missing or of another shape are left as they are.
  /// - Returns: What was read and what was not.
  /// - Throws: a `Diagnostic` that lists missing and mismatched weights, `FormatError` for a damaged
  ///   file.
  @discardableResult
  public final func loadWeights(
    from path: String, skipMismatch: Bool = false, limits: LoadLimits = LoadLimits()
  ) throws -> LoadReport {
    try requireBuilt("loadWeights")
    let url = URL(filePath: path)
    let source: WeightSource
    if path.hasSuffix(".safetensors") {
      source = WeightSource(try SafeTensors(contentsOf: url, limits: limits))
    } else if path.hasSuffix(".keras") {
      let zip = try Zip(contentsOf: url, limits: limits)
      source = WeightSource(
        try HDF5Group(zip.bytes(of: "model.weights.h5"), limits: limits, source: path))
    } else {
      source = WeightSource(try HDF5Group(contentsOf: url, limits: limits))
    }
    return try load(source, skipMismatch: skipMismatch, from: path)
  }

  final func requireBuilt(_ who: String) throws(Diagnostic) {
    if isBuilt { return }
    throw Diagnostic(
      who, "the model is not built", expected: "weights", got: "\"\(name)\" without them",
      fix: "start it with Input(shape:), or call it once")
  }

  final func load(
    _ source: WeightSource, skipMismatch: Bool, from path: String
  ) throws -> LoadReport {
    let tree = WeightTree(self)
    var report = LoadReport()
    var found: [(Variable, StoredArray)] = []
    for (place, variable) in tree.entries {
      guard let shape = source.shape(place) else {
        report.missing.append("\(place) (\(variable.name))")
        continue
      }
      if shape != variable.shape {
        report.mismatched.append(
          "\(place) (\(variable.name)): \(variable.shape) here, \(shape) in the file")
        continue
      }
      report.loaded.append(place)
      found.append((variable, try source.array(place)))
    }
    let known = Set(tree.entries.map(\.path))
    report.unused = source.paths.filter { !known.contains($0) && !$0.hasPrefix("optimizer/") }
    if !skipMismatch, !report.missing.isEmpty || !report.mismatched.isEmpty {
      throw Diagnostic(
        "loadWeights", "\(path) does not fit the model",
        expected: "every weight of \"\(name)\", in its shape",
        got: "missing: \(report.missing.isEmpty ? "none" : report.missing.joined(separator: "; "))"
          + "\n           of another shape: "
          + (report.mismatched.isEmpty ? "none" : report.mismatched.joined(separator: "; ")),
        fix: "pass skipMismatch: true to load what fits")
    }
    let values = try found.map { ($0, try Tensor($1).cast(to: $0.dtype)) }
    for (variable, value) in values { variable.assign(value) }
    return report
  }
}

/// The arrays of a weight file, by their paths.
struct WeightSource {
  let paths: [String]
  let shape: (String) -> [Int]?
  let array: (String) throws -> StoredArray

  init(_ file: SafeTensors) {
    paths = file.names
    shape = { file[$0]?.shape }
    array = { path in
      guard let entry = file[path] else { throw Diagnostic("safetensors", "there is no \(path)") }
      return entry.array
    }
  }

  init(_ root: HDF5Group) {
    var paths: [String] = []
    func list(_ group: HDF5Group, _ prefix: String) {
      paths += group.datasets.keys.map { prefix + $0 }
      for (name, inner) in group.groups { list(inner, prefix + name + "/") }
    }
    list(root, "")
    self.paths = paths.sorted()
    shape = { root.dataset(at: $0)?.shape }
    array = { path in
      guard let dataset = root.dataset(at: path) else {
        throw Diagnostic("HDF5", "there is no \(path)")
      }
      return try dataset.array()
    }
  }
}
