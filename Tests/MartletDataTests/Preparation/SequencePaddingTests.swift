import MartletTensors
import Testing

@testable import MartletData

@Suite struct SequencePaddingTests {
  private let sequences = [[1], [2, 3], [4, 5, 6]]

  private func rows(_ padded: Tensor) -> [[Int]] { padded.nested() }

  // Keras 3.15, pad_sequences: the examples of its documentation.
  @Test func `the examples of Keras come out`() {
    #expect(rows(padSequences(sequences)) == [[0, 0, 1], [0, 2, 3], [4, 5, 6]])
    #expect(padSequences(sequences).dtype == .int32)
    #expect(rows(padSequences(sequences, value: -1)) == [[-1, -1, 1], [-1, 2, 3], [4, 5, 6]])
    #expect(rows(padSequences(sequences, padding: .post)) == [[1, 0, 0], [2, 3, 0], [4, 5, 6]])
    #expect(rows(padSequences(sequences, maxLength: 2)) == [[0, 1], [2, 3], [5, 6]])
  }

  // Keras 3.15: pad_sequences(…, maxlen=2, truncating="post", padding="post"), maxlen=4.
  @Test func `both ends can be chosen for both`() {
    let cut = padSequences(sequences, maxLength: 2, padding: .post, truncating: .post)
    #expect(rows(cut) == [[1, 0], [2, 3], [4, 5]])
    #expect(rows(padSequences(sequences, maxLength: 4))[2] == [0, 4, 5, 6])
    #expect(rows(padSequences([[], [7]])) == [[0], [7]])
    #expect(padSequences([[Int]]()).shape == [0, 0])
  }

  @Test func `numbers of other types keep them`() {
    let padded = padSequences([[1.5], [2.5, 3.5]] as [[Float]], value: 9.25)
    #expect(padded.dtype == .float32)
    #expect(padded.scalars == [9.25, 1.5, 2.5, 3.5])
    #expect(padSequences([[1], [2, 3]], dtype: .float64).dtype == .float64)
  }

  // Keras 3.15: pad_sequences([[[1, 2]], [[3, 4], [5, 6], [7, 8]]], maxlen=2)
  @Test func `elements may have a shape`() {
    let padded = padSequences(
      [Tensor([[1, 2]]), Tensor([[3, 4], [5, 6], [7, 8]])], maxLength: 2)
    #expect(padded.nested(as: [[[Float]]].self) == [[[0, 0], [1, 2]], [[5, 6], [7, 8]]])
    let post = padSequences(
      [Tensor([[1, 2]]), Tensor([[3, 4], [5, 6]])], padding: .post, truncating: .post, value: 0.5)
    #expect(post.nested(as: [[[Float]]].self) == [[[1, 2], [0.5, 0.5]], [[3, 4], [5, 6]]])
  }
}
