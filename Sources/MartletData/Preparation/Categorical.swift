import MartletTensors

/// Class numbers as rows with a 1 at the class's place and zeros elsewhere: Keras' `to_categorical`.
///
///     try toCategorical([0, 2, 1])        // [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
///
/// - Parameters:
///   - labels: Integers in `0 ..< numClasses`, of any shape; a last axis of size 1 is dropped if there
///     is another.
///   - numClasses: The length of the rows; without it, the greatest label plus 1.
///   - dtype: The element type of the result.
/// - Returns: The labels' shape and `[numClasses]`.
/// - Throws: `Diagnostic` if the labels are no integers, or one is out of range.
public func toCategorical(
  _ labels: Tensor, numClasses: Int? = nil, dtype: DType = .float32
) throws(Diagnostic) -> Tensor {
  guard labels.dtype.isInteger else {
    throw Diagnostic(
      "toCategorical", "the labels are no integers", expected: "int32, int64 or uint8",
      got: "\(labels.dtype)", fix: "use cast(to: .int32)")
  }
  let numbers = labels.scalars(of: Int.self)
  let depth = numClasses ?? (numbers.max() ?? -1) + 1
  if let wrong = numbers.firstIndex(where: { $0 < 0 || $0 >= depth }) {
    throw Diagnostic(
      "toCategorical", "a label is out of range", expected: "0 to \(depth - 1)",
      got: "\(numbers[wrong]), element \(wrong)",
      fix: "check numClasses, and that labels count from 0")
  }
  let dropsLast = labels.rank > 1 && labels.shape.last == 1
  let plain = dropsLast ? labels.reshaped(to: Array(labels.shape.dropLast())) : labels
  return plain.oneHot(depth: depth, dtype: dtype)
}

/// Class numbers as rows with a 1 at the class's place and zeros elsewhere.
///
/// - Throws: `Diagnostic` if a label is out of range.
public func toCategorical(
  _ labels: [Int], numClasses: Int? = nil, dtype: DType = .float32
) throws(Diagnostic) -> Tensor {
  try toCategorical(Tensor(labels, dtype: .int64), numClasses: numClasses, dtype: dtype)
}
