import Foundation
import MartletFormats
import MartletTensors

/// A file of a data set as Keras publishes it: where it is looked for, and where it comes from.
struct PublishedFile: Sendable {
  /// The loader's name, for messages.
  let name: String
  /// The name of the set's folder, in the cache and in `MARTLET_DATA`.
  let folder: String
  var source: Download

  init(_ name: String, folder: String, file: RemoteFile) {
    self.name = name
    self.folder = folder
    source = Download(
      mirrors: ["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"], files: [file])
  }

  /// The file, in the folder that is named or, where none is, in those that are looked in and, last,
  /// from the net.
  ///
  /// - Throws: `Diagnostic` that says where to put which file.
  func find(
    in folder: String?, downloads: Bool, fetch: Fetch = Download.curl,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    let folders = DataFolders(
      folder, name: self.folder, standsInRoot: true, environment: environment)
    let file = source.files[0]
    func found() -> URL? {
      folders.candidates.map { URL(fileURLWithPath: $0 + "/" + file.name) }
        .first { FileManager.default.fileExists(atPath: $0.path) }
    }
    if let url = found() { return url }
    if folder == nil, downloads, let cache = folders.cache {
      try source.run(into: cache, fetch: fetch)
      if let url = found() { return url }
    }
    let place = folder ?? folders.cache ?? "a folder that MARTLET_DATA names"
    throw Diagnostic(
      name, "the file was not found", expected: file.name,
      got: folders.candidates.isEmpty
        ? "no folder to look in" : "none in " + folders.candidates.joined(separator: ", "),
      fix: "put \(file.name) into \(place); it is published at \(source.mirrors[0])\(file.name)")
  }

  /// The words of the file, which is found as `find` says, with their ranks.
  func wordIndex(in folder: String?, downloads: Bool) throws -> [String: Int] {
    try WordIndex.numbers(contentsOf: find(in: folder, downloads: downloads))
  }
}

/// An array of a data set's archive.
extension NPZ {
  /// The elements as numbers of float32 or float64, with their shape.
  func tensor(_ name: String, dtype: DType) throws -> Tensor {
    let array = try array(name)
    return switch array.dtype {
    case .float32: Tensor(try array.scalars(as: Float.self), shape: array.shape, dtype: dtype)
    case .float64: Tensor(try array.scalars(as: Double.self), shape: array.shape, dtype: dtype)
    default:
      throw Diagnostic(
        "npz", "an array is not of the numbers that it should be of",
        expected: "float32 or float64", got: "\(array.dtype.rawValue) of \(name)")
    }
  }

  /// The elements as integers, whatever their width.
  func integers(_ name: String) throws -> [Int] {
    let array = try array(name)
    func numbers<Scalar: StoredScalar & FixedWidthInteger>(_ type: Scalar.Type) throws -> [Int] {
      try array.scalars(as: type).map { Int(truncatingIfNeeded: $0) }
    }
    return switch array.dtype {
    case .int64: try numbers(Int64.self)
    case .int32: try numbers(Int32.self)
    case .int16: try numbers(Int16.self)
    case .int8: try numbers(Int8.self)
    case .uint8: try numbers(UInt8.self)
    default:
      throw Diagnostic(
        "npz", "an array is not of the numbers that it should be of",
        expected: "int64 or narrower", got: "\(array.dtype.rawValue) of \(name)")
    }
  }
}
