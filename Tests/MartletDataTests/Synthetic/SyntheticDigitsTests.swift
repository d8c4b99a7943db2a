import MartletTensors
import Testing

@testable import MartletData

@Suite struct SyntheticDigitsTests {
  @Test func `a picture depends on the seed and its number alone`() {
    let few = SyntheticDigits.draw(40, seed: 3)
    let many = SyntheticDigits.draw(400, seed: 3)
    #expect(few.bytes.isEqual(to: many.bytes[0..<40]))
    #expect(few.labels.isEqual(to: many.labels[0..<40]))
    #expect(!few.bytes.isEqual(to: SyntheticDigits.draw(40, seed: 4).bytes))
  }

  @Test func `there are about as many of each digit, with ink like MNIST's`() {
    let digits = SyntheticDigits.draw(5000, seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for label in digits.labels.scalars(of: Int.self) { counts[label] += 1 }
    // 500 each, deviation 21.
    #expect(counts.allSatisfy { abs($0 - 500) < 100 }, "\(counts)")
    // MNIST: 0.1307 and 0.3081.
    #expect(abs(digits.images.mean().item() - 0.13) < 0.04)
    #expect(abs(digits.images.standardDeviation().item() - 0.31) < 0.08)
  }

  @Test func `every picture has ink, and none at its edge but noise`() {
    let digits = SyntheticDigits.draw(2000, seed: 2)
    let most = digits.bytes.cast(to: .int32).max(along: [1, 2, 3])
    #expect(most.min().item() > 100)
    let rim = digits.bytes[.all, 0].cast(to: .float32).mean().item()
    #expect(rim < 10)
  }

  @Test func `the two parts share no picture`() {
    let (train, test) = SyntheticDigits.load(trainCount: 300, testCount: 300, seed: 9)
    let rows = Set((train.bytes.reshaped(to: [300, 784]).nested(as: [[UInt8]].self)))
    #expect(rows.count == 300)
    let others = test.bytes.reshaped(to: [300, 784]).nested(as: [[UInt8]].self)
    #expect(others.allSatisfy { !rows.contains($0) })
  }

  @Test func `no digits are a set of none`() {
    #expect(SyntheticDigits.draw(0).images.shape == [0, 28, 28, 1])
  }
}

@Suite struct TextPictureTests {
  @Test func `two rows of pixels become a line`() {
    let picture = TextPicture(Tensor([[0, 1, 0.5], [0, 1, 0.5], [1, 0, 0]]))
    #expect(picture.lines == [" █▒", "█  "])
    #expect(TextPicture(Tensor([[0, 255]], dtype: .uint8)).description == " █")
  }

  @Test func `pictures of several heights stand beside each other`() {
    let tall = TextPicture(Tensor.ones([4, 2]))
    let short = TextPicture(Tensor.ones([2, 1, 3]))
    #expect(TextPicture.sideBySide([short, tall], gap: 1).lines == ["█ ██", "  ██"])
  }
}
