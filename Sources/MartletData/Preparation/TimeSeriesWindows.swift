import MartletTensors

/// Windows that move along a series, as Keras' `timeseries_dataset_from_array` makes them.
///
///     // From 24 hours, the temperature at the hour after them.
///     let windows = try timeSeriesWindows(
///       weather, targets: temperature[24...], sequenceLength: 24)
///     try model.fit(windows.shuffled(seed: 1).batched(32), epochs: 10)
///
/// Window i holds the steps startIndex + i · sequenceStride + j · samplingRate, for j in
/// `0 ..< sequenceLength`; its target is the one at startIndex + i · sequenceStride. The series is
/// not copied.
///
/// - Parameters:
///   - series: `[steps, …]`
///   - targets: `[steps, …]`; a window's target stands where the window starts. It may be shorter than
///     the series: then there are fewer windows.
///   - sequenceLength: How many steps a window holds.
///   - sequenceStride: How many steps lie between the starts of two windows.
///   - samplingRate: How many steps lie between two of a window.
///   - startIndex: The first step that is used.
///   - endIndex: The first step that is not used any more.
/// - Returns: Elements `[sequenceLength, …]`, with their targets where there are some.
/// - Throws: `Diagnostic` if a number is out of range, or the series is too short for a window.
public func timeSeriesWindows(
  _ series: Tensor, targets: Tensor? = nil, sequenceLength: Int, sequenceStride: Int = 1,
  samplingRate: Int = 1, startIndex: Int = 0, endIndex: Int? = nil
) throws(Diagnostic) -> TensorDataset {
  let who = "timeSeriesWindows"
  guard let steps = series.shape.first, targets?.rank != 0 else {
    throw Diagnostic(who, "this is no series", expected: "[steps, …]", got: "a scalar")
  }
  let end = endIndex ?? steps
  for (name, value, range) in [
    ("sequenceLength", sequenceLength, 1..<Int.max),
    ("sequenceStride", sequenceStride, 1..<max(steps, 1)),
    ("samplingRate", samplingRate, 1..<max(steps, 1)),
    ("startIndex", startIndex, 0..<steps), ("endIndex", end, 1..<(steps + 1)),
  ] where !range.contains(value) {
    throw Diagnostic(
      who, "\(name) is out of range",
      expected: range.upperBound == .max
        ? "1 or more" : "\(range.lowerBound) to \(range.upperBound - 1), for \(steps) steps",
      got: "\(value)")
  }
  let (reach, overflow) = (sequenceLength - 1).multipliedReportingOverflow(by: samplingRate)
  var places = overflow ? 0 : end - startIndex - reach
  if let targets { places = min(places, targets.shape[0] - startIndex) }
  guard places > 0 else {
    throw Diagnostic(
      who, "there is no window",
      expected: "at least \(reach + 1) steps from startIndex to endIndex, and a target",
      got: "\(end - startIndex) steps" + (targets.map { ", \($0.shape[0]) targets" } ?? ""),
      fix: "shorten sequenceLength")
  }
  return TensorDataset(
    source: Windows(
      series: series.evaluated(), targets: targets?.evaluated(), length: sequenceLength,
      stride: sequenceStride, rate: samplingRate, first: startIndex, targetLength: nil,
      count: (places - 1) / sequenceStride + 1))
}

/// Windows that move along a series.
struct Windows: IndexedBatchSource {
  let series: Tensor
  let targets: Tensor?
  let length: Int
  let stride: Int
  let rate: Int
  let first: Int
  /// How many steps the target of a window has; nil for one without an axis of steps.
  let targetLength: Int?
  let count: Int

  func element(at index: Int, epoch: Int) -> Batch { gathered([index], leading: []) }

  func stacked(_ indices: [Int], epoch: Int) -> Batch {
    gathered(indices, leading: [indices.count])
  }

  private func gathered(_ indices: [Int], leading: Shape) -> Batch {
    let starts = indices.map { first + $0 * stride }
    let rows = starts.flatMap { start in (0..<length).map { start + $0 * rate } }
    let x = series.gatheredRows(rows, leading: leading + [length])
    guard let targets else { return Batch(x) }
    guard let targetLength else { return Batch(x, targets.gatheredRows(starts, leading: leading)) }
    let targetRows = starts.flatMap { start in (0..<targetLength).map { start + $0 * rate } }
    return Batch(x, targets.gatheredRows(targetRows, leading: leading + [targetLength]))
  }
}
