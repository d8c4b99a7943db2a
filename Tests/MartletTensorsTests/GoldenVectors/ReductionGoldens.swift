@testable import MartletTensors

extension GoldenFamily {
  static let reductions = GoldenFamily(
    "reductions",
    [
      "sum": { $0[0].sum(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "mean": { $0[0].mean(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "variance": { $0[0].variance(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "standardDeviation": {
        $0[0].standardDeviation(along: $0.axes, keepingDimensions: $0.keepingDimensions)
      },
      "max": { $0[0].max(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "min": { $0[0].min(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "prod": { $0[0].product(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "any": { $0[0].any(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "all": { $0[0].all(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
      "norm": {
        let order = $0.text("order") == "infinity" ? .infinity : $0.number("order")!
        return $0[0].norm(order, along: $0.axes, keepingDimensions: $0.keepingDimensions)
      },
      "cumsum": {
        $0[0].cumulativeSum(
          along: $0.axis!, exclusive: $0.flag("exclusive")!, reverse: $0.flag("reverse")!)
      },
      "cumprod": {
        $0[0].cumulativeProduct(
          along: $0.axis!, exclusive: $0.flag("exclusive")!, reverse: $0.flag("reverse")!)
      },
      "argmax": {
        $0[0].argmax(along: $0.axis.map { [$0] }, keepingDimensions: $0.keepingDimensions)
      },
      "argmin": {
        $0[0].argmin(along: $0.axis.map { [$0] }, keepingDimensions: $0.keepingDimensions)
      },
    ])
}
