import MartletTensors

/// An end of a sequence.
public enum SequenceEnd: String, Sendable, CaseIterable, Codable {
  /// The beginning.
  case pre
  /// The end.
  case post
}

/// Sequences brought to one length: Keras' `pad_sequences`.
///
///     padSequences([[1], [2, 3], [4, 5, 6]])                       // [[0, 0, 1], [0, 2, 3], [4, 5, 6]]
///     padSequences([[1], [2, 3], [4, 5, 6]], maxLength: 2)         // [[0, 1], [2, 3], [5, 6]]
///
/// Traps if `maxLength` is negative.
///
/// - Parameters:
///   - sequences: Numbers; arrays of `Int` become int32.
///   - maxLength: The length of the result; without it, that of the longest sequence.
///   - padding: The end at which `value` is added to short sequences.
///   - truncating: The end at which long sequences are cut.
///   - value: What is added.
/// - Returns: `[sequences, length]`
public func padSequences<Scalar: TensorScalar>(
  _ sequences: [[Scalar]], maxLength: Int? = nil, dtype: DType? = nil,
  padding: SequenceEnd = .pre, truncating: SequenceEnd = .pre, value: Double = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let length = maxLength ?? sequences.map(\.count).max() ?? 0
  requireCount(length, "padSequences", file, line)
  let filler = Tensor.full([1], value, dtype: Scalar.dtype).scalars(of: Scalar.self)[0]
  var elements: [Scalar] = []
  elements.reserveCapacity(sequences.count * length)
  for sequence in sequences {
    let kept = truncating == .pre ? sequence.suffix(length) : sequence.prefix(length)
    let fill = repeatElement(filler, count: length - kept.count)
    if padding == .pre { elements.append(contentsOf: fill) }
    elements.append(contentsOf: kept)
    if padding == .post { elements.append(contentsOf: fill) }
  }
  return Tensor(
    elements, shape: [sequences.count, length],
    dtype: dtype ?? (Scalar.self == Int.self ? .int32 : nil), file: file, line: line)
}

/// Sequences of any elements brought to one length; as the form for arrays.
///
/// Traps if `maxLength` is negative, or if the elements differ in shape or type.
///
/// - Parameters:
///   - sequences: Tensors `[steps, …]`, alike but for the number of steps.
///   - maxLength: The length of the result; without it, that of the longest sequence.
///   - dtype: The element type where there is no sequence to tell.
///   - padding: The end at which `value` is added to short sequences.
///   - truncating: The end at which long sequences are cut.
///   - value: What is added.
/// - Returns: `[sequences, length, …]`
public func padSequences(
  _ sequences: [Tensor], maxLength: Int? = nil, dtype: DType = .int32,
  padding: SequenceEnd = .pre, truncating: SequenceEnd = .pre, value: Double = 0,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let length = maxLength ?? sequences.map { $0.shape.first ?? 0 }.max() ?? 0
  requireCount(length, "padSequences", file, line)
  guard let first = sequences.first else { return .zeros([0, length], dtype: dtype) }
  for (number, sequence) in sequences.enumerated() {
    let isAlike =
      sequence.rank >= 1 && sequence.dtype == first.dtype
      && sequence.shape.dropFirst() == first.shape.dropFirst()
    if isAlike { continue }
    trap(
      Diagnostic(
        "padSequences", "the sequences are not alike",
        expected: "\(first.dtype) [steps] + \(Array(first.shape.dropFirst()))",
        got: "\(sequence.dtype) \(sequence.shape), sequence \(number)"),
      file: file, line: line)
  }
  // The filler is a row of its own before those of each sequence.
  let filler = Tensor.full([1] + first.shape.dropFirst(), value, dtype: first.dtype)
  let padded = sequences.map { sequence in
    let steps = sequence.shape[0]
    let kept = min(steps, length)
    let elements = (0..<kept).map { 1 + $0 + (truncating == .pre ? steps - kept : 0) }
    let fill = [Int](repeating: 0, count: length - kept)
    return Batch(
      Tensor.concatenate([filler, sequence], along: 0)
        .gatheredRows(padding == .pre ? fill + elements : elements + fill))
  }
  return unfailing { try Batch.stacked(padded).inputs[0] }
}
