import MartletTensors

/// Widths before and after each spatial axis: what padding adds and cropping takes away.
struct Margins: Sendable {
  let widths: [(before: Int, after: Int)]

  /// Reads one width for all, one for each axis, or a pair for each; throws where they do not fit.
  ///
  /// In one dimension two numbers are a pair.
  init(_ given: [[Int]], axes: Int, _ who: String) throws(Diagnostic) {
    var rows = given
    if axes == 1 && given.count == 2 && given.allSatisfy({ $0.count == 1 }) {
      rows = [given[0] + given[1]]
    }
    if rows.count == 1 { rows = .init(repeating: rows[0], count: axes) }
    let fits =
      rows.count == axes
      && rows.allSatisfy { (1...2).contains($0.count) && $0.allSatisfy { $0 >= 0 } }
    if !fits {
      throw Diagnostic(
        who, "the widths do not fit \(axes) spatial axes",
        expected: axes == 1
          ? "a width of 0 or more, or two: before and after"
          : "a width of 0 or more, \(axes) of them, or \(axes) pairs before and after",
        got: "\(given)")
    }
    widths = rows.map { ($0[0], $0[$0.count - 1]) }
  }

  /// Reads the widths of a configuration: a number, a list of numbers, or a list of lists.
  init(
    _ c: Configuration, _ key: String, default fallback: Int, axes: Int
  ) throws(Diagnostic) {
    try c.requireChannelsLast()
    var rows: [[Int]] = [[fallback]]
    if let value = c[key] {
      var items = [value]
      if case .list(let values) = value { items = values }
      rows = []
      for item in items {
        guard let row = item.asInts else {
          throw Diagnostic(
            c.className, "\"\(key)\" of its configuration is of another kind",
            expected: "integers, or lists of them", got: "\(value)")
        }
        rows.append(row)
      }
    }
    try self.init(rows, axes: axes, c.className)
  }

  /// As Keras writes them: in one dimension a pair, else a pair for each axis.
  var value: ConfigurationValue {
    let pairs = widths.map { ConfigurationValue.ints([$0.before, $0.after]) }
    return pairs.count == 1 ? pairs[0] : .list(pairs)
  }
}
