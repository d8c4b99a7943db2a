/// The box-drawing table of a summary: columns of fixed widths, words wrapped at spaces.
struct SummaryTable {
  let showsConnections: Bool
  let showsTrainable: Bool
  var rows: [[String]] = []
  private let widths: [Int]
  private let header: [String]
  private let alignsRight: [Bool]

  init(lineLength: Int, showsConnections: Bool, showsTrainable: Bool) {
    self.showsConnections = showsConnections
    self.showsTrainable = showsTrainable
    var header = ["Layer (type)", "Output Shape", "Param #"]
    // Keras' relative widths; the interior ones come from Rich, which shares out what is left.
    var ratios = [40, 30, 18]
    if showsConnections {
      header.append("Connected to")
      ratios = [31, 27, 18, 29]
    }
    if showsTrainable {
      header.append("Trainable")
      ratios = showsConnections ? [31, 27, 18, 27, 11] : [39, 31, 16, 9]
    }
    self.header = header
    alignsRight = header.map { $0 == "Param #" }
    widths = SummaryTable.share(lineLength - header.count - 1, header.count, ratios)
  }

  /// The interior widths that Keras' tables have at the usual line lengths; others in proportion.
  private static func share(_ width: Int, _ columns: Int, _ ratios: [Int]) -> [Int] {
    let known: [[Int]: [Int]] = [
      [84, 3]: [38, 29, 17], [72, 3]: [33, 24, 15], [103, 4]: [31, 27, 17, 28],
      [71, 4]: [21, 19, 12, 19], [95, 4]: [39, 31, 16, 9], [114, 5]: [31, 27, 18, 27, 11],
    ]
    if let widths = known[[width, columns]] { return widths }
    let total = ratios.reduce(0, +)
    var widths = ratios.map { Swift.max(3, width * $0 / total) }
    widths[0] += Swift.max(0, width - widths.reduce(0, +))
    return widths
  }

  var lines: [String] {
    var lines = [rule("┏", "━", "┳", "┓")]
    lines += cellLines(header, "┃")
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

  private func cellLines(_ cells: [String], _ bar: String) -> [String] {
    let wrapped = zip(cells, widths).map { wrap($0, $1 - 2) }
    let height = wrapped.map(\.count).max() ?? 1
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
