import Foundation

/// Figures as they are printed: lines of text or JSON, or tables in Markdown.
struct Report {
  enum Form { case text, json, markdown }

  let form: Form
  private var header: String?
  private var notes: [String] = []

  init(form: Form) { self.form = form }

  /// Prints figures; those of a paired run share a line of a table.
  mutating func show(_ figures: [Figure], paired: Bool = false) {
    if form == .markdown { begin(paired ? PairedRun.tableHeader : Figure.tableHeader) }
    if form == .markdown, paired { print(PairedRun.tableRow(figures)) }
    for figure in figures {
      switch form {
      case .text:
        let details = figure.details.map { " \($0.0) \($0.1)" }.joined()
        print("\(figure.name): \(Figure.number(figure.value)) \(figure.unit)\(details)")
        if let note = figure.note { print(note) }
      case .json:
        print(figure.json)
        if let note = figure.note { warn(note) }
      case .markdown:
        if !paired { print(figure.tableRow) }
        if let note = figure.note { notes.append(note) }
      }
    }
    // What is measured for minutes should be seen as it comes, in a file as well.
    fflush(nil)
  }

  /// Prints what belongs behind the tables.
  func end() {
    for note in notes { print("\n```\n\(note)\n```") }
  }

  private mutating func begin(_ next: String) {
    if header == next { return }
    print((header == nil ? "" : "\n") + next)
    header = next
  }
}
