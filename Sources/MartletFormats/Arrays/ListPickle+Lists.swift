extension ListPickle {
  // MARK: Lists

  mutating func newList() throws(FormatError) {
    try spend(64)
    lists.append(List())
    try push(.list(lists.count - 1))
  }

  /// Appends the last values on the stack to the list below them.
  mutating func append(_ count: Int) throws(FormatError) {
    let below = stack.count - count - 1
    guard count >= 0, below >= marks.last ?? 0, case .list(let list) = stack[below] else {
      throw invalid("there is no list to append to", "APPEND", expected: "a list", "another value")
    }
    for value in stack[(below + 1)...] {
      switch (value, lists[list].kind) {
      case (.int(let integer), .open), (.int(let integer), .integers):
        lists[list].kind = .integers
        try spend(8)
        lists[list].integers.append(integer)
      case (.list(let inner), .open), (.list(let inner), .lists):
        // What stands in a list holds integers, from now on: so no list can come to hold itself.
        guard inner != list, lists[inner].kind != .lists else {
          throw error(
            .unsupported, "lists are nested too deeply", "APPEND",
            expected: "lists of integers in an array", got: "a list of lists in a list",
            fix: "save an array of lists of integers.")
        }
        lists[inner].kind = .integers
        lists[list].kind = .lists
        try spend(8)
        lists[list].lists.append(inner)
      default:
        throw error(
          .unsupported, "a list holds what is no integer", "APPEND",
          expected: "integers in the lists, and lists in the array", got: "another value",
          fix: "save lists of plain integers.")
      }
    }
    stack.removeLast(count)
  }

  mutating func spend(_ count: Int) throws(FormatError) {
    bytesLeft -= count
    guard bytesLeft >= 0 else {
      throw origin.overLimit(
        .dataBytes, "the lists are larger than the limit", most: limits.dataBytes, got: "more",
        at: .byte(place), field: "lists")
    }
  }

  // MARK: The array

  /// What NumPy's pickle means by a call.
  mutating func reduce() throws(FormatError) {
    let arguments = try pop("REDUCE")
    guard case .tuple(let values, _) = arguments, case .global(let global) = try pop("REDUCE")
    else {
      throw invalid("this is no call of NumPy's", "REDUCE", expected: "a name and a tuple", "else")
    }
    switch global {
    case .reconstruct where !hasArray:
      // numpy.ndarray, of shape (0,) and type b, before its state is set.
      guard values.count == 3, case .global(.array) = values[0],
        case .tuple(let shape, _) = values[1], shape.count == 1, shape[0].integer == 0,
        values[2].word == "b"
      else { break }
      hasArray = true
      return try push(.array)
    case .dtype:
      guard values.count == 3, let type = values[0].word, ["O", "O4", "O8"].contains(type),
        values[1].integer == 0, values[2].integer == 1
      else { break }
      return try push(.objectType)
    case .encode:
      guard values.count == 2, case .text(let text) = values[0], values[1].word == "latin1"
      else { break }
      return try push(.bytes(text.latin1))
    default: break
    }
    throw invalid(
      "the arguments are not those of an array of objects", "REDUCE",
      expected: "an array of objects", "others")
  }

  /// Sets the state of the type, which says nothing new, or of the array.
  mutating func build() throws(FormatError) {
    let argument = try pop("BUILD")
    let target = try pop("BUILD")
    guard case .tuple(let values, _) = argument else {
      throw invalid("a state is no tuple", "BUILD", expected: "a tuple", "another value")
    }
    switch target {
    case .objectType:
      guard values.count >= 8, (3...4).contains(values[0].integer ?? 0), values[1].word == "|",
        values[2...4].allSatisfy({ if case .none = $0 { true } else { false } })
      else { break }
      return try push(target)
    case .array where state == nil:
      // The version, the shape, the type, whether the first axis is fastest, the elements.
      guard values.count == 5, values[0].integer == 1, case .tuple(let shape, _) = values[1],
        shape.count == 1, let count = shape[0].integer, case .objectType = values[2],
        (0...1).contains(values[3].integer ?? -1), case .list(let list) = values[4],
        lists[list].kind != .integers || lists[list].integers.isEmpty
      else { break }
      state = (count, list)
      return try push(target)
    default: break
    }
    throw invalid(
      "the state is not that of an array of lists", "BUILD",
      expected: "one axis, and lists as elements", "another")
  }
}
