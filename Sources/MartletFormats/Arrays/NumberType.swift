/// The type of the numbers that a file holds, named as safetensors names it.
///
/// The order is that in which safetensors files hold their arrays, backwards: wide elements first,
/// so that they stay aligned.
public enum NumberType: String, Sendable, CaseIterable {
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// Integers 0 to 255.
  case uint8 = "U8"
  /// Integers of 8 bits with a sign.
  case int8 = "I8"
  /// 8 bits: 5 of exponent, 2 of fraction; it has infinities.
  case float8e5m2 = "F8_E5M2"
  /// 8 bits: 4 of exponent, 3 of fraction; it has no infinities.
  case float8e4m3 = "F8_E4M3"
  /// Integers of 16 bits with a sign.
  case int16 = "I16"
  /// Integers of 16 bits without a sign.
  case uint16 = "U16"
  /// IEEE 754's half precision.
  case float16 = "F16"
  /// The upper half of a `float32`.
  case bfloat16 = "BF16"
  /// Integers of 32 bits with a sign.
  case int32 = "I32"
  /// Integers of 32 bits without a sign.
  case uint32 = "U32"
  /// IEEE 754's single precision.
  case float32 = "F32"
  /// IEEE 754's double precision.
  case float64 = "F64"
  /// Integers of 64 bits with a sign.
  case int64 = "I64"
  /// Integers of 64 bits without a sign.
  case uint64 = "U64"

  /// The size of one number, in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}
