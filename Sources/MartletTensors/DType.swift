import CKernels

/// The type of a tensor's elements, chosen at run time.
///
/// `float32` is the default everywhere; `float64` is a full path through every differentiable
/// operation; integers are for labels and indices, `bool` for masks (one byte, 0 or 1).
public enum DType: UInt8, Sendable, CaseIterable, CustomStringConvertible {
  /// IEEE 754's single precision; Swift's `Float`.
  case float32
  /// IEEE 754's double precision; Swift's `Double`.
  case float64
  /// Integers of 32 bits with a sign.
  case int32
  /// Integers of 64 bits with a sign.
  case int64
  /// Integers 0 to 255.
  case uint8
  /// True or false, one byte.
  case bool

  /// The size of one element, in bytes.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .uint8, .bool: 1
    }
  }

  /// Whether elements are floating point numbers: what can be differentiated.
  public var isFloating: Bool { self == .float32 || self == .float64 }

  /// Whether elements are integers; `bool` is not one.
  public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 }

  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .bool: "bool"
    }
  }

  /// The kernels' name of the type.
  var kernelType: mk_dtype { rawValue }
}

/// A Swift type whose values can be the elements of a tensor.
public protocol TensorScalar: NestedScalars, Sendable, Equatable where Scalar == Self {
  /// The element type that holds this Swift type.
  static var dtype: DType { get }
  /// The number as a `Double`, exact but for 64-bit integers past 2⁵³.
  var asDouble: Double { get }
}

extension Float: TensorScalar {
  public static var dtype: DType { .float32 }
  public var asDouble: Double { Double(self) }
}
extension Double: TensorScalar {
  public static var dtype: DType { .float64 }
  public var asDouble: Double { self }
}
extension Int32: TensorScalar {
  public static var dtype: DType { .int32 }
  public var asDouble: Double { Double(self) }
}
extension Int64: TensorScalar {
  public static var dtype: DType { .int64 }
  public var asDouble: Double { Double(self) }
}
extension Int: TensorScalar {
  public static var dtype: DType { .int64 }
  public var asDouble: Double { Double(self) }
}
extension UInt8: TensorScalar {
  public static var dtype: DType { .uint8 }
  public var asDouble: Double { Double(self) }
}
extension Bool: TensorScalar {
  public static var dtype: DType { .bool }
  public var asDouble: Double { self ? 1 : 0 }
}
