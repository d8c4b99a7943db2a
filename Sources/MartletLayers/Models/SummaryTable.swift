import MartletTensors

/// The box-drawing table of a summary: columns of fixed widths, words wrapped at spaces.
struct SummaryTable {
  let showsConnections: Bool
  let showsTrainable: Bool
  var rows: [[String]] = []
  private let widths: [Int]
  private let header: [String]
  private let alignsRight: [Bool]

  /// The columns of a table, where they end as parts of its width, if that was not said: Keras'.
  ///
  /// - Throws: a `Diagnostic` if a column has no room.
  init(
    lineLength: Int, positions: [Double]? = nil, showsConnections: Bool, showsTrainable: Bool
  ) throws(Diagnostic) {
    self.showsConnections = showsConnections
    self.showsTrainable = showsTrainable
    var header = ["Layer (type)", "Output Shape", "Param #"]
    if showsConnections { header.append("Connected to") }
    var ends = positions ?? (showsConnections ? [0.3, 0.56, 0.74, 1] : [0.45, 0.8, 1])
    if ends.count != header.count {
      throw Diagnostic(
        "summary", "the positions are not as many as the columns",
        expected: "\(header.count): " + header.joined(separator: ", "), got: "\(ends)",
        fix: showsTrainable ? "leave out that of Trainable, which takes a tenth" : nil)
    }
    if showsTrainable {
      header.append("Trainable")
      ends = ends.map { $0 * 0.9 } + [1]
    }
    var wanted: [Int] = []
    for end in ends { wanted.append(Int(end * Double(lineLength)) - wanted.reduce(0, +)) }
    if let narrow = wanted.firstIndex(where: { $0 < 4 }) {
      throw Diagnostic(
        "summary", "the table is too narrow", expected: "4 letters or more for each column",
        got: "\(wanted[narrow]) for \(header[narrow]), of \(lineLength) in all",
        fix: "give a larger lineLength, or other positions")
    }
    self.header = header
    alignsRight = header.map { $0 == "Param #" }
    widths = SummaryTable.fitted(wanted, to: lineLength - header.count - 1)
  }

  /// Widths with a space on each side, made narrower until they fit, each by its share of what is too
  /// much: what Rich, which draws Keras' tables, makes of fixed widths.
  private static func fitted(_ wanted: [Int], to room: Int) -> [Int] {
    let padded = wanted.map { $0 + 2 }
    var excess = Swift.max(0, padded.reduce(0, +) - room)
    return padded.enumerated().map { index, width in
      let share = Double(excess) / Double(padded.count - index)
      let taken = Swift.min(width, Int(share.rounded(.toNearestOrEven)))
      excess -= taken
      return width - taken
    }
  }

  var lines: [String] {
    var lines = [rule("┏", "━", "┳", "┓")]
    lines += cellLines(header, "┃", atBottom: true)
    lines.append(rule("┡", "━", "╇", "┩"))
    for (index, row) in rows.enumerated() {
      if index > 0 { lines.append(rule("├", "─", "┼", "┤")) }
      lines += cellLines(row, "│")
    }
    lines.append(rule("└", "─", "┴", "┘"))
    return lines
  }

  private func rule(_ left: String, _ fill: String, _ cross: String, _ right: String) -> String {
    left + widths.map { String(repeating: fill, count: $0) }.joined(separator: cross) + right
  }

  private func cellLines(
    _ cells: [String], _ bar: String, atBottom: Bool = false
  ) -> [String] {
    var wrapped = zip(cells, widths).map { wrap($0, $1 - 2) }
    let height = wrapped.map(\.count).max() ?? 1
    if atBottom {
      wrapped = wrapped.map { [String](repeating: "", count: height - $0.count) + $0 }
    }
    return (0..<height).map { line in
      let parts = wrapped.enumerated().map { column, texts -> String in
        let text = line < texts.count ? texts[line] : ""
        let space = String(repeating: " ", count: Swift.max(0, widths[column] - 2 - text.count))
        if header[column] == "Trainable" {
          let left = space.prefix(space.count / 2)
          return " \(left)\(text)\(space.dropFirst(left.count)) "
        }
        return " " + (alignsRight[column] ? space + text : text + space) + " "
      }
      return bar + parts.joined(separator: bar) + bar
    }
  }

  /// The text in lines of a width, broken at spaces; a longer word is cut with `…`.
  private func wrap(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    // Leading spaces indent the rows of nested models.
    let indent = text.prefix { $0 == " " }
    for (index, word) in text.split(separator: " ").enumerated() {
      var word = (index == 0 ? String(indent) : "") + word
      if word.count > width { word = word.prefix(Swift.max(1, width - 1)) + "…" }
      if line.isEmpty {
        line = word
      } else if line.count + 1 + word.count <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = word
      }
    }
    lines.append(line)
    return lines
  }
}
