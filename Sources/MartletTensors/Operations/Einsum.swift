/// What an einsum equation asks for: labels of every operand's axes, and of the result's.
///
/// Labels are the letters' numbers; the axes of an ellipsis have the negative labels −1, −2, …
/// counted from its last.
private struct Equation {
  typealias Label = Int
  var terms: [[Label]] = []
  var result: [Label] = []

  /// Where the ellipsis stands in a term, while its axes are not yet counted.
  static let ellipsis = 0

  init(_ text: String, _ operands: [Tensor], file: StaticString, line: UInt) {
    func refuse(_ what: String, expected: String, got: String) -> Never {
      trap(
        Diagnostic("einsum", what, expected: expected, got: got + " in \"\(text)\""),
        file: file, line: line)
    }
    let compact = text.filter { $0 != " " }
    let sides = compact.split(separator: "->", omittingEmptySubsequences: false)
    if sides.count > 2 { refuse("there are two arrows", expected: "at most one ->", got: compact) }
    let parts = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    if parts.count != operands.count {
      refuse(
        "the equation is for another number of operands",
        expected: "\(operands.count) terms, separated by commas", got: "\(parts.count)")
    }

    func labels(_ term: Substring) -> [Label] {
      var result: [Label] = []
      var rest = term[...]
      while let letter = rest.first {
        if rest.hasPrefix("...") {
          if result.contains(Equation.ellipsis) {
            refuse("a term has two ellipses", expected: "at most one ...", got: "\"\(term)\"")
          }
          result.append(Equation.ellipsis)
          rest = rest.dropFirst(3)
        } else if letter.isASCII, letter.isLetter, let value = letter.asciiValue {
          result.append(Int(value))
          rest = rest.dropFirst()
        } else {
          refuse(
            "a term is not made of labels", expected: "letters a-z, A-Z, and ...",
            got: "\"\(letter)\"")
        }
      }
      return result
    }

    var widest = 0
    for (term, operand) in zip(parts, operands) {
      let own = labels(term)
      let dots = operand.rank - (own.count - (own.contains(Equation.ellipsis) ? 1 : 0))
      if own.contains(Equation.ellipsis) ? dots < 0 : dots != 0 {
        refuse(
          "a term does not fit its operand's rank",
          expected: "\(operand.rank) labels for shape \(operand.shape.text)", got: "\"\(term)\"")
      }
      widest = max(widest, dots)
      terms.append(own.flatMap { $0 == Equation.ellipsis ? Equation.axes(dots) : [$0] })
    }
    if sides.count == 2 {
      let own = labels(sides[1])
      if widest > 0 && !own.contains(Equation.ellipsis) {
        refuse(
          "the result leaves out axes of the ellipsis", expected: "... in the result",
          got: "\"\(sides[1])\"")
      }
      result = own.flatMap { $0 == Equation.ellipsis ? Equation.axes(widest) : [$0] }
    } else {
      // Without an arrow: labels that stand once, in the alphabet's order.
      let all = terms.joined().filter { $0 > 0 }
      result =
        Equation.axes(widest)
        + Set(all).filter { label in
          all.count { $0 == label } == 1
        }.sorted()
    }
    if Set(result).count != result.count {
      refuse(
        "a label stands twice in the result", expected: "different labels",
        got: "\"\(sides.last ?? "")\"")
    }
    if let unknown = result.first(where: { label in !terms.contains { $0.contains(label) } }) {
      refuse(
        "a label of the result is in no operand", expected: "labels of the operands",
        got: "\"\(Equation.text(unknown))\"")
    }
    var sizes: [Label: Int] = [:]
    for (term, operand) in zip(terms, operands) {
      for (label, size) in zip(term, operand.shape) {
        let known = sizes[label] ?? size
        let fits = known == size || label < 0 && (known == 1 || size == 1)
        if !fits {
          refuse(
            "a label stands for different sizes",
            expected: "one size for \"\(Equation.text(label))\"",
            got: "\(known) and \(size), shapes "
              + operands.map(\.shape.text).joined(separator: ", "))
        }
        sizes[label] = known == 1 ? size : known
      }
    }
  }

  private static func axes(_ count: Int) -> [Label] { (0..<max(count, 0)).map { $0 - count } }

  private static func text(_ label: Label) -> String {
    label > 0 ? String(UnicodeScalar(UInt8(label))) : "..."
  }
}

/// An operand, or a product of some, with the labels of its axes.
private struct Labelled {
  var value: Tensor
  var labels: [Int]

  /// Labels that stand twice are made one axis.
  func withoutRepeats() -> Labelled {
    var copy = self
    for label in Set(labels) {
      while let first = copy.labels.firstIndex(of: label),
        let last = copy.labels.lastIndex(of: label), first != last
      {
        let others = copy.labels.indices.filter { $0 != first && $0 != last }
        copy.value = copy.value.transposed(others + [first, last]).diagonal()
        copy.labels = others.map { copy.labels[$0] } + [label]
      }
    }
    return copy
  }

  /// The sum over all labels but those of a set.
  func summed(keeping kept: Set<Int>) -> Labelled {
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    if axes.isEmpty { return self }
    return Labelled(value: value.sum(along: axes), labels: labels.filter(kept.contains))
  }

  /// With the axes in a given order; labels that are not there get an axis of size 1.
  func arranged(_ order: [Int]) -> Tensor {
    let known = order.filter(labels.contains)
    let ordered = value.transposed(known.map { labels.firstIndex(of: $0)! })
    return ordered.reshaped(
      to: order.map { label in labels.firstIndex(of: label).map { value.shape[$0] } ?? 1 })
  }

  func sizes(_ order: [Int]) -> Shape { order.map { value.shape[labels.firstIndex(of: $0)!] } }

  /// The product with another, summed over the labels of both that are not needed any more.
  func product(_ other: Labelled, keeping needed: Set<Int>) -> Labelled {
    let a = summed(keeping: needed.union(other.labels))
    let b = other.summed(keeping: needed.union(labels))
    let shared = a.labels.filter(b.labels.contains)
    let batch = shared.filter(needed.contains)
    let inner = shared.filter { !needed.contains($0) }
    let rows = a.labels.filter { !shared.contains($0) }
    let columns = b.labels.filter { !shared.contains($0) }
    let order = batch + rows + columns
    if inner.isEmpty || rows.isEmpty && columns.isEmpty || !a.value.dtype.isFloating {
      // No matrix product: what is multiplied is summed as it is made.
      let all = order + inner
      let product = a.arranged(all) * b.arranged(all)
      return Labelled(value: product, labels: all).summed(keeping: Set(order))
    }
    let length = b.sizes(inner).elementCount
    let (rowShape, columnShape) = (a.sizes(rows), b.sizes(columns))
    let product = a.arranged(batch + rows + inner)
      .reshaped(to: a.sizes(batch) + [rowShape.elementCount, length])
      .matmul(
        b.arranged(batch + inner + columns)
          .reshaped(to: b.sizes(batch) + [length, columnShape.elementCount]))
    return Labelled(
      value: product.reshaped(to: product.shape.dropLast(2) + rowShape + columnShape),
      labels: order)
  }
}

extension Tensor {
  /// Einstein's summation: sums of products of tensors, written as an equation of their axes.
  ///
  ///     Tensor.einsum("ij,jk->ik", a, b)           // a matrix product
  ///     Tensor.einsum("bhid,bhjd->bhij", q, k)     // batched, the second transposed
  ///     Tensor.einsum("ii->i", a)                  // a diagonal
  ///     Tensor.einsum("...ij->...ji", a)           // a transpose, whatever leads
  ///
  /// A label that is not in the result is summed over. Without `->`, the result has the axes of the
  /// ellipsis and then the labels that stand once, in the alphabet's order. Axes of an ellipsis
  /// broadcast. Operands are multiplied from left to right, each pair as one batched matrix product
  /// where something is summed.
  ///
  /// Traps if the equation does not fit the operands' number, ranks or sizes.
  public static func einsum(
    _ equation: String, _ operands: Tensor..., file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    einsum(equation, operands, file: file, line: line)
  }

  /// Einstein's summation of a list of tensors.
  public static func einsum(
    _ equation: String, _ operands: [Tensor], file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let parsed = Equation(equation, operands, file: file, line: line)
    let types = Set(operands.map(\.dtype))
    check(
      types.count == 1 && types.first != .bool,
      Diagnostic(
        "einsum", "the element types do not fit", expected: "numbers, all of one type",
        got: operands.map(\.dtype.description).joined(separator: ", "), fix: "use cast(to:)"),
      file: file, line: line)
    var rest = zip(operands, parsed.terms).map { Labelled(value: $0, labels: $1).withoutRepeats() }
    var result = rest.removeFirst()
    while !rest.isEmpty {
      let next = rest.removeFirst()
      let needed = rest.reduce(Set(parsed.result)) { $0.union($1.labels) }
      result = result.product(next, keeping: needed)
    }
    return result.summed(keeping: Set(parsed.result)).arranged(parsed.result)
  }
}
