import Foundation
import Testing

@testable import MartletFormats

@Suite struct WordIndexTests {
  @Test func `words and numbers`() throws {
    let text = #"{"the": 1, "caf\u00e9": 17, "\ud83d\ude00": 0, "quo\"te": 88584}"#
    #expect(
      try WordIndex.numbers(Array(text.utf8)) == ["the": 1, "café": 17, "😀": 0, "quo\"te": 88584])
    #expect(try WordIndex.numbers(Array("{}".utf8)).isEmpty)
  }

  @Test(arguments: [
    BadInput("nothing", [], .truncated, field: "words"),
    BadInput("a list", Array("[1]".utf8), .invalid, field: "words"),
    BadInput("a word twice", Array(#"{"a": 1, "a": 1}"#.utf8), .duplicate, field: "a"),
    BadInput("a fraction", Array(#"{"a": 1.5}"#.utf8), .invalid, field: "a"),
    BadInput("a negative number", Array(#"{"a": -1}"#.utf8), .invalid, field: "a"),
    BadInput("an object inside", Array(#"{"a": {}}"#.utf8), .invalid, field: "a"),
    BadInput("no end", Array(#"{"a": 1"#.utf8), .truncated, field: "words"),
    BadInput("more behind it", Array(#"{"a": 1} 2"#.utf8), .trailingBytes, field: "words"),
  ])
  func `other texts are refused`(input: BadInput) {
    input.expectRefusal { bytes, _ throws(FormatError) in _ = try WordIndex.numbers(bytes) }
  }
}
