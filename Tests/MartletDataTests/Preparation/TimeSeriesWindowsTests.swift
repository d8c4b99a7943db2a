import MartletTensors
import Testing

@testable import MartletData

@Suite struct TimeSeriesWindowsTests {
  private func windows(_ data: TensorDataset) -> [[Int]] {
    data.elements().map { $0.inputs[0].scalars(of: Int.self) }
  }

  // The first example in the documentation of Keras' timeseries_dataset_from_array.
  @Test func `the example of Keras comes out`() throws {
    let all = try windows(
      timeSeriesWindows(
        Tensor(0..<100), sequenceLength: 10, sequenceStride: 3, samplingRate: 2))
    #expect(all.count == 28)
    #expect(all[0] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    #expect(all[1] == [3, 5, 7, 9, 11, 13, 15, 17, 19, 21])
    #expect(all.last?.first == 81)
  }

  @Test func `a target stands where its window starts`() throws {
    // The second example: from ten steps the one after them.
    let series = Tensor(0..<15)
    let data = try timeSeriesWindows(series[..<(-1)], targets: series[10...], sequenceLength: 10)
    #expect(data.count == 5)
    for (x, y) in data { #expect(x[9].item() + 1 == y.item()) }
    let shuffled = data.shuffled(seed: 1).batched(5)
    for (x, y) in shuffled {
      #expect(x.shape == [5, 10])
      #expect((x[.all, 9] + 1).isEqual(to: y))
    }
  }

  // The rule of Keras 3.15 in NumPy: start_positions = arange(0, min(end - start - (length - 1) * rate,
  // len(targets)), stride).
  @Test(arguments: [
    (3, 1, 1, 0, 20, 18), (3, 2, 1, 0, 20, 9), (4, 3, 2, 2, 19, 4), (5, 1, 3, 1, 15, 2),
    (1, 7, 1, 0, 20, 3),
  ])
  func `there are as many windows as in Keras`(
    length: Int, stride: Int, rate: Int, start: Int, end: Int, expected: Int
  ) throws {
    let data = try timeSeriesWindows(
      Tensor(0..<20), sequenceLength: length, sequenceStride: stride, samplingRate: rate,
      startIndex: start, endIndex: end)
    let all = windows(data)
    #expect(all.count == expected)
    #expect(all.first == (0..<length).map { start + $0 * rate })
    #expect(all.allSatisfy { $0.allSatisfy { (start..<end).contains($0) } })
  }

  @Test func `steps may have features`() throws {
    let series = Tensor(0..<12).reshaped(to: [6, 2]).cast(to: .float32)
    let data = try timeSeriesWindows(series, sequenceLength: 2, sequenceStride: 2)
    let batch = data.batched(3).element(at: 0, epoch: 0)
    #expect(batch.inputs[0].shape == [3, 2, 2])
    #expect(batch.inputs[0][2].scalars == [8, 9, 10, 11])
    #expect(batch.targets.isEmpty)
  }

  @Test func `what gives no window is refused`() {
    let series = Tensor(0..<10)
    #expect(throws: Diagnostic.self) { try timeSeriesWindows(series, sequenceLength: 11) }
    #expect(throws: Diagnostic.self) { try timeSeriesWindows(series, sequenceLength: 0) }
    #expect(throws: Diagnostic.self) {
      try timeSeriesWindows(series, sequenceLength: .max, samplingRate: 9)
    }
    #expect(throws: Diagnostic.self) {
      try timeSeriesWindows(series, sequenceLength: 2, sequenceStride: 0)
    }
    #expect(throws: Diagnostic.self) {
      try timeSeriesWindows(series, sequenceLength: 2, startIndex: 10)
    }
    #expect(throws: Diagnostic.self) {
      try timeSeriesWindows(series, targets: series[..<3], sequenceLength: 2, startIndex: 3)
    }
    #expect(throws: Diagnostic.self) { try timeSeriesWindows(Tensor(1), sequenceLength: 1) }
    #expect(throws: Diagnostic.self) {
      try timeSeriesWindows(.zeros([0]), sequenceLength: 1)
    }
  }
}
