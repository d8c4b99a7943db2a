import MartletFormats
import MartletTensors

extension Tensor {
  /// The elements of an array in a file, as a tensor; 16-bit floats become float32, small integers
  /// int32.
  ///
  /// Throws a `FormatError` for an element type that tensors do not have.
  public init(_ array: StoredArray) throws {
    switch array.dtype {
    case .float64: self.init(try array.scalars(as: Double.self), shape: array.shape)
    case .int32: self.init(try array.scalars(as: Int32.self), shape: array.shape)
    case .int64: self.init(try array.scalars(as: Int64.self), shape: array.shape)
    case .uint8: self.init(try array.scalars(as: UInt8.self), shape: array.shape)
    case .bool: self.init(try array.scalars(as: Bool.self), shape: array.shape)
    default: self.init(try array.scalars(as: Float.self), shape: array.shape)
    }
  }

  /// The tensor's elements as files keep them.
  public var stored: StoredArray {
    switch dtype {
    case .float32: StoredArray(shape: shape, scalars: scalars(of: Float.self))
    case .float64: StoredArray(shape: shape, scalars: scalars(of: Double.self))
    case .int32: StoredArray(shape: shape, scalars: scalars(of: Int32.self))
    case .int64: StoredArray(shape: shape, scalars: scalars(of: Int64.self))
    case .uint8: StoredArray(shape: shape, scalars: scalars(of: UInt8.self))
    case .bool: StoredArray(shape: shape, scalars: scalars(of: Bool.self))
    }
  }
}
