import MartletTensors

/// A dense layer over any axes, written as an equation: y = activation(einsum(equation, x, kernel) +
/// bias).
///
/// The equation names the axes of input, kernel and output, as in "ab,bc->ac" (`Dense` on matrices)
/// or "...x,xy->...y" (on the last axis of any rank). The kernel's shape follows from it; the bias
/// has the output's sizes at `biasAxes`.
public final class EinsumDense: Layer, ConfigurableLayer {
  /// Input, kernel and output, such as "abc,cde->abde".
  public let equation: String
  /// The output's sizes without the batch; nil where they are those of the input.
  public let partialOutputShape: PartialShape
  /// The axes of the output that have a bias of their own, by their letters; nil for no bias.
  public let biasAxes: String?
  /// The function of the result.
  public let activation: ActivationFunction
  private let kernelOptions: WeightOptions
  private let biasOptions: WeightOptions
  private var kernel: Variable!
  private var bias: Variable?

  /// Creates the layer; the equation is checked when the layer is built.
  ///
  /// - Parameters:
  ///   - equation: Input, kernel and output.
  ///   - outputShape: The output's sizes without the batch, and without those of an ellipsis.
  ///   - biasAxes: The letters of the axes that have a bias of their own.
  public init(
    _ equation: String, outputShape: PartialShape, activation: ActivationFunction = .linear,
    biasAxes: String? = nil, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil, name: String? = nil
  ) {
    self.equation = equation
    partialOutputShape = outputShape
    self.activation = activation
    self.biasAxes = biasAxes
    kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
    biasOptions = WeightOptions(biasInitializer, biasRegularizer, biasConstraint)
    super.init(name: name)
    self.activityRegularizer = activityRegularizer
  }

  public convenience init(configuration c: Configuration) throws {
    let kernel = try WeightOptions(c, "kernel", .glorotUniform)
    let bias = try WeightOptions(c, "bias", .zeros)
    var shape: PartialShape = []
    if let size = c["output_shape"]?.asInt {
      shape = [size]
    } else {
      shape = try c.list("output_shape").map(\.asInt)
    }
    self.init(
      try c.string("equation"), outputShape: shape, activation: try c.activation(),
      biasAxes: try c.optionalString("bias_axes"), kernelInitializer: kernel.initializer,
      biasInitializer: bias.initializer, kernelRegularizer: kernel.regularizer,
      biasRegularizer: bias.regularizer, kernelConstraint: kernel.constraint,
      biasConstraint: bias.constraint)
    try adopt(c)
  }

  public override func build(_ input: PartialShape) throws {
    let shapes = try EinsumShapes(self, input)
    let initializer = kernelOptions.initializer.knowing(
      inputAxes: shapes.inputAxes, outputAxes: shapes.outputAxes)
    kernel = addWeight(
      "kernel", shapes.kernel,
      WeightOptions(initializer, kernelOptions.regularizer, kernelOptions.constraint))
    bias = shapes.bias.map { addWeight("bias", $0, biasOptions) }
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    let shapes = try EinsumShapes(self, input)
    if shapes.kernel == kernel.shape { return shapes.output }
    throw Diagnostic(
      path, "the input does not fit the layer's weights", expected: "a kernel \(kernel.shape)",
      got: "one of \(shapes.kernel) for \(input.text)")
  }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let y = Tensor.einsum(equation, x, kernel.value)
    return activation(bias.map { y + $0.value } ?? y)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["equation"] = .string(equation)
    c["output_shape"] = .list(partialOutputShape.map { .optional($0) })
    c["activation"] = activation.configurationValue
    c["bias_axes"] = .optional(biasAxes)
    kernelOptions.write(to: &c, "kernel")
    biasOptions.write(to: &c, "bias")
    return c
  }
}

/// What the equation of an `EinsumDense` means for an input.
private struct EinsumShapes {
  var kernel: Shape = []
  var bias: Shape?
  var output: PartialShape
  /// The kernel's axes that are summed over, and those that are not.
  var inputAxes: [Int] = []
  var outputAxes: [Int] = []

  init(_ layer: EinsumDense, _ input: PartialShape) throws(Diagnostic) {
    let equation = layer.equation
    func refuse(_ what: String, _ expected: String) -> Diagnostic {
      Diagnostic(
        layer.path, what, expected: expected,
        got: "\(equation), output shape \(layer.partialOutputShape), input \(input.text)")
    }
    let form = "an equation such as \"ab,bc->ac\", \"...b,bc->...c\" or \"ab...,bc->ac...\""
    let sides = equation.filter { $0 != " " }
      .split(separator: ">", omittingEmptySubsequences: false)
    let terms =
      sides.count == 2 && sides[0].last == "-"
      ? sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false) : []
    if terms.count != 2 { throw refuse("the equation cannot be read", form) }
    let elidesLeft = terms[0].hasPrefix("...")
    let elides = elidesLeft || terms[0].hasSuffix("...")
    let labels = (terms + [sides[1]]).map { Array($0.filter { $0 != "." }) }
    let (inputLabels, kernelLabels, outputLabels) = (labels[0], labels[1], labels[2])
    let elided = input.count - inputLabels.count
    if elided < 0 || (elided > 0 && !elides) || !(labels.joined().allSatisfy(\.isLetter)) {
      throw refuse("the equation does not fit the input", form)
    }

    // The output's shape: what the ellipsis stands for, and the sizes that were given.
    var sizes = [input.first ?? nil] + layer.partialOutputShape
    if elidesLeft && elided > 0 {
      sizes.insert(contentsOf: input[1..<elided], at: 1)
    } else if elided > 0 {
      sizes += input.suffix(elided)
    }
    let first = elidesLeft ? elided : 0
    if sizes.count != outputLabels.count + elided {
      throw refuse("the output shape does not fit the equation", "as many sizes as axes")
    }
    for (index, label) in outputLabels.enumerated() {
      if let position = inputLabels.firstIndex(of: label) {
        let known = input[first + position]
        if let given = sizes[first + index], given != known {
          throw refuse("a size of the output is not that of the input", "equal sizes at \(label)")
        }
        sizes[first + index] = known
      } else if !kernelLabels.contains(label) {
        throw refuse("the output has an axis that comes from nowhere", "one of input or kernel")
      }
    }
    output = sizes
    for (axis, label) in kernelLabels.enumerated() {
      let found: Int?
      if let index = outputLabels.firstIndex(of: label) {
        found = sizes[first + index]
        outputAxes.append(axis)
      } else if let index = inputLabels.firstIndex(of: label) {
        found = input[first + index]
        inputAxes.append(axis)
      } else {
        throw refuse("the kernel has an axis of its own", "each in input or output")
      }
      guard let found else {
        throw refuse("a size of the kernel is not known", "a number at axis \(label)")
      }
      kernel.append(found)
    }
    guard let biasAxes = layer.biasAxes else { return }
    let places = try biasAxes.map { letter throws(Diagnostic) -> Int in
      guard let place = outputLabels.firstIndex(of: letter) else {
        throw refuse("a bias axis is none of the output", "letters of the output")
      }
      return place
    }
    var shape: Shape = []
    for index in (places.min() ?? 0)..<outputLabels.count {
      if !places.contains(index) {
        shape.append(1)
      } else if let size = sizes[first + index] {
        shape.append(size)
      } else {
        throw refuse("a size of the bias is not known", "a number at \(outputLabels[index])")
      }
    }
    if !elidesLeft { shape += [Int](repeating: 1, count: elided) }
    bias = shape
  }
}
