import MartletTensors
import Testing

/// Expects elements that another library computed in float32.
func expectClose(
  _ found: Tensor, _ expected: [Double], relative: Double = 2e-6, absolute: Double = 1e-7,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let values = found.scalars(of: Double.self)
  let isClose =
    values.count == expected.count
    && zip(values, expected).allSatisfy { abs($0 - $1) <= absolute + relative * abs($1) }
  #expect(isClose, "\(values), expected \(expected)", sourceLocation: sourceLocation)
}
