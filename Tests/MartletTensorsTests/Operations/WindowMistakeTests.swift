import Testing

@testable import MartletTensors

/// What a process said on standard error before it trapped.
private func text(_ result: ExitTest.Result?) -> String {
  String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
}

@Suite struct WindowMistakeTests {
  @Test func `channels that do not fit`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([8, 28, 28, 1]).convolved(with: .zeros([5, 5, 3, 4]))
    }
    #expect(
      text(result).contains(
        """
        Fatal error: conv: the kernel has 3 input channels, the image 1.
          expected a kernel [window sizes…, 1, filters]
          got      image [8, 28, 28, 1], kernel [5, 5, 3, 4]
          fix      check the axis of the channels: images are channels last
        """))
    #expect(text(result).contains("WindowMistakeTests.swift:"))
  }

  @Test func `channels of groups that do not fit`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 4]).convolved(with: .zeros([3, 4, 6]), groups: 2)
    }
    #expect(
      text(result).contains("conv: the kernel has 4 input channels, the image 4 in 2 groups.\n"))
  }

  @Test func `groups that do not divide`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 8, 6]).convolved(with: .zeros([3, 3, 2, 7]), groups: 3)
    }
    #expect(
      text(result).contains(
        """
        conv: 3 groups do not divide 6 channels and 7 filters.
          expected a number of groups that divides both
          got      image [1, 8, 8, 6], kernel [3, 3, 2, 7], groups 3
        """))
  }

  @Test func `a kernel larger than the image`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 4, 6, 1]).convolved(with: .zeros([3, 3, 1, 1]), dilations: 2)
    }
    #expect(
      text(result).contains(
        """
        conv: the kernel is larger than the image.
          expected a kernel that fits into the padded image along every axis
          got      kernel [3, 3] with dilations [2, 2], which spans [5, 5], image [4, 6], padding valid
          fix      use padding .same, or a smaller kernel
        """))
  }

  @Test func `an image without batch or channels`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([28, 28]).convolved(with: .zeros([3, 3]))
    }
    #expect(
      text(result).contains(
        """
        conv: the image has not 1, 2 or 3 spatial axes.
          expected [batch, spatial sizes…, channels]
          got      [28, 28]
        """))
  }

  @Test func `a kernel of another rank`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 28, 28, 1]).convolved(with: .zeros([3, 1, 4]))
    }
    #expect(
      text(result).contains(
        """
        conv: the kernel has not the rank of the image.
          expected [window sizes…, channels / groups, filters], rank 4
          got      image [1, 28, 28, 1], kernel [3, 1, 4]
        """))
  }

  @Test func `element types that cannot be convolved`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 1], dtype: .uint8).convolved(with: .zeros([3, 1, 1]))
    }
    #expect(
      text(result).contains(
        "conv: it is not defined for this element type.\n  expected float32 or float64\n"
          + "  got      uint8\n"))
    let mixed = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 1]).convolved(with: .zeros([3, 1, 1], dtype: .float64))
    }
    #expect(text(mixed).contains("conv: the element types differ.\n"))
  }

  @Test func `causal padding in two dimensions`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 8, 1]).convolved(with: .zeros([3, 3, 1, 1]), padding: .causal)
    }
    #expect(text(result).contains("conv: causal padding needs one axis that is time.\n"))
  }

  @Test func `strides out of range`() async {
    let zero = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 1]).convolved(with: .zeros([3, 1, 1]), strides: 0)
    }
    #expect(
      text(zero).contains(
        "conv: one of the strides is out of range.\n  expected 1 or more, below 2³¹\n"
          + "  got      [0]\n"))
    let many = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 8, 1]).maxPooled(over: 2, strides: [1, 2, 3])
    }
    #expect(
      text(many).contains(
        "maxPool: the number of strides is not that of the spatial axes.\n  expected 1 or 2\n"
          + "  got      [1, 2, 3]\n"))
  }

  @Test func `channels of a depthwise and of a transposed kernel`() async {
    let depthwise = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 4]).depthwiseConvolved(with: .zeros([3, 3, 1]))
    }
    #expect(
      text(depthwise).contains(
        "depthwiseConv: the kernel has 3 input channels, the image 4.\n"
          + "  expected a kernel [window sizes…, 4, multiplier]\n"))
    let transposed = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 8, 4]).transposedConvolved(with: .zeros([3, 4, 2]))
    }
    #expect(
      text(transposed).contains(
        "transposedConv: the kernel has 2 input channels, the image 4.\n"
          + "  expected a kernel [window sizes…, filters, 4]\n"))
  }

  @Test func `a transposed convolution that leaves nothing`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 2, 1])
        .transposedConvolved(with: .zeros([3, 1, 1]), padding: .explicit([(3, 3)]))
    }
    #expect(
      text(result).contains(
        """
        transposedConv: the padding takes away more than there is.
          expected sizes of 0 or more in the result
          got      [-2] from image [2], padding [(3, 3)]
        """))
  }

  @Test func `pooling with windows or padding that do not fit`() async {
    let window = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 2, 5, 1]).maxPooled(over: 3)
    }
    #expect(
      text(window).contains(
        """
        maxPool: the window is larger than the image.
          expected a window that fits into the padded image along every axis
          got      window [3, 3], image [2, 5], padding valid
          fix      use padding .same, or a smaller window
        """))
    let padding = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 5, 5, 1]).averagePooled(over: 2, padding: .explicit([(2, 0)]))
    }
    #expect(
      text(padding).contains(
        """
        averagePool: the padding is not smaller than the window.
          expected padding below [2, 2]
          got      [(2, 0)]
        """))
    let causal = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 5, 1]).maxPooled(over: 2, padding: .causal)
    }
    #expect(text(causal).contains("maxPool: the padding cannot be causal.\n"))
  }

  @Test func `resizing nothing, or to sizes that do not fit`() async {
    let nothing = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 0, 5, 1]).resized(to: 4)
    }
    #expect(text(nothing).contains("resize: the image has no pixels to read.\n"))
    let sizes = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1, 5, 5, 1]).resized(to: [1, 2, 3])
    }
    #expect(
      text(sizes).contains(
        """
        resize: the sizes do not fit the spatial axes.
          expected 1 or 2 sizes of 0 or more
          got      [1, 2, 3], image [1, 5, 5, 1]
        """))
  }
}
