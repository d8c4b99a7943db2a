import Foundation
import MartletTensors

/// Pictures and their classes, in memory: what the loaders of picture sets return.
///
///     let (train, test) = try MNIST.load()
///     try model.fit(train.images, train.labels, batchSize: 128, epochs: 12)
///     for (x, y) in train.shuffled(seed: 1).batched(128) { … }
///
/// Read as a data set, it converts bytes to numbers batch by batch; `images` converts them all.
public struct LabeledImages: InMemoryData {
  /// Where pictures came from.
  public enum Origin: Sendable, Hashable, CustomStringConvertible {
    /// Files in a folder.
    case files(folder: String)
    /// The library drew them itself.
    case synthetic

    /// The folder, or `synthetic`.
    public var description: String {
      switch self {
      case .files(let folder): folder
      case .synthetic: "synthetic"
      }
    }
  }

  /// The pictures, `[count, height, width, channels]` of uint8.
  public let bytes: Tensor
  /// The number of each picture's class, `[count]` of int32.
  public let labels: Tensor
  /// The names of the classes, by number.
  public let classNames: [String]
  /// Where the pictures came from.
  public let origin: Origin
  public let dataset: TensorDataset
  private let numbers: Numbers

  /// Creates a set of pictures.
  ///
  /// - Parameters:
  ///   - bytes: uint8 `[count, height, width, channels]`.
  ///   - labels: int32 `[count]`.
  ///   - classNames: The names of the classes, by number.
  ///   - origin: Where the pictures came from.
  /// - Throws: `Diagnostic` if shapes or types are others, or the counts differ.
  public init(
    bytes: Tensor, labels: Tensor, classNames: [String], origin: Origin
  ) throws(Diagnostic) {
    guard bytes.dtype == .uint8, bytes.rank == 4, labels.dtype == .int32,
      labels.shape == [bytes.shape[0]]
    else {
      throw Diagnostic(
        "LabeledImages", "these are no pictures with their labels",
        expected: "uint8 [count, height, width, channels] and int32 [count]",
        got: "\(bytes.dtype) \(bytes.shape) and \(labels.dtype) \(labels.shape)")
    }
    self.init(checkedBytes: bytes, labels: labels, classNames: classNames, origin: origin)
  }

  /// Creates a set of tensors that are known to fit.
  init(checkedBytes bytes: Tensor, labels: Tensor, classNames: [String], origin: Origin) {
    self.bytes = bytes.evaluated()
    self.labels = labels.evaluated()
    self.classNames = classNames
    self.origin = origin
    numbers = Numbers()
    dataset = TensorDataset(
      source: Rows(
        Batch(bytes, labels), [.scaledBytes(bytes), .plain(labels)], count: bytes.shape[0]))
  }

  /// The pictures as numbers, `[count, height, width, channels]` of float32 in 0 … 1: byte / 255.
  ///
  /// They are converted when first asked for, and kept.
  public var images: Tensor { numbers.of(bytes) }

  /// The first pictures, at most `count`, in memory of their own.
  public func limited(to count: Int) -> LabeledImages {
    if count >= self.count { return self }
    let first = Array(0..<Swift.max(count, 0))
    return LabeledImages(
      checkedBytes: bytes.gatheredRows(first), labels: labels.gatheredRows(first),
      classNames: classNames,
      origin: origin)
  }

  /// The pictures as numbers, once somebody has asked for them.
  ///
  /// Unchecked `Sendable`: guarded by a lock.
  private final class Numbers: @unchecked Sendable {
    private let lock = NSLock()
    private var known: Tensor?

    func of(_ bytes: Tensor) -> Tensor {
      lock.withLock {
        let tensor = known ?? bytes.scaledBytes()
        known = tensor
        return tensor
      }
    }
  }
}

extension Tensor {
  /// A tensor of uint8 as float32 in 0 … 1, by several threads at once.
  fileprivate func scaledBytes() -> Tensor {
    let pieces = Swift.max(1, Swift.min(64, count >> 16))
    return withElements(of: UInt8.self) { bytes in
      Tensor(shape: shape, of: Float.self) { target in
        guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
        nonisolated(unsafe) let (source, sink) = (from, to)
        let count = bytes.count
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
          let (start, end) = (piece * count / pieces, (piece + 1) * count / pieces)
          scaleBytes(source + start, sink + start, count: end - start)
        }
      }
    }
  }
}
