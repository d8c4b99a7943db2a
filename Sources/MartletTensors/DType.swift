/// The type of a tensor's elements.
public enum DType: UInt8, Sendable, CaseIterable {
  case float32, float64, int32, int64, uint8, bool
}
