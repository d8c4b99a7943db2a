import MartletLayers
import MartletTensors
import Testing

/// The models of the course slides: sizes, parameter counts and receptive fields.
@Suite("Course models")
struct CourseModelTests {
  /// The LeNet of the course for images of a size.
  static func lenet(_ shape: PartialShape) -> Sequential {
    Sequential {
      Input(shape: shape)
      Conv2D(4, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Conv2D(12, kernelSize: 5, activation: .relu, kernelRegularizer: .l2(1e-4))
      MaxPool2D(2)
      Flatten()
      Dense(300, activation: .relu)
      Dense(10, activation: .softmax)
    }
  }

  static func receptiveFields(_ model: Model) throws -> [Int] {
    try model.layers.filter { $0 is any WindowedLayer }.map {
      try model.receptiveField(of: $0).size[0]
    }
  }

  @Test("LeNet has 62,226 parameters and receptive fields of 5, 6, 14 and 16")
  func lenet() throws {
    let model = Self.lenet([28, 28, 1])
    #expect(
      model.layers.map { $0.output?.shape.dropFirst().first ?? nil } == [
        24, 12, 8, 4, 192, 300, 10,
      ])
    #expect(model.layers.map(\.parameterCount) == [104, 0, 1212, 0, 0, 57900, 3010])
    #expect(model.countParameters() == 62226)
    #expect(try Self.receptiveFields(model) == [5, 6, 14, 16])
    let last = try model.receptiveField(of: model.layers[3])
    #expect(last.size == [16, 16] && last.stride == [4, 4] && last.offset == [0, 0])
    #expect(Self.lenet([32, 32, 3]).countParameters() == 94826)
    #expect(model(Tensor.ones([2, 28, 28, 1])).shape == [2, 10])
  }

  /// The model of the course with batch normalization and dropout; the slide does not show the rates.
  static func normalized() -> Sequential {
    Sequential {
      Input(shape: [28, 28, 1])
      for filters in [32, 60, 128] {
        Conv2D(filters, kernelSize: 5, padding: .same, activation: .relu)
        BatchNormalization()
        Dropout(0.25)
        MaxPooling2D(2)
      }
      Flatten()
      Dense(100, activation: .relu)
      Dropout(0.5)
      Dense(10, activation: .softmax)
    }
  }

  @Test("The model of 358,210 parameters, 440 not trainable, prints Keras' table")
  func normalizedModel() throws {
    let model = Self.normalized()
    #expect(model.countParameters() == 358_210)
    #expect(model.trainableVariables.reduce(0) { $0 + $1.value.count } == 357_770)
    #expect(model.nonTrainableVariables.reduce(0) { $0 + $1.value.count } == 440)
    #expect(try Self.receptiveFields(model) == [5, 6, 14, 16, 32, 36])
    // Keras 3.15.1: model.summary(line_length=88).
    #expect(
      model.summaryText() == """
        Model: "sequential"
        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
        ┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
        │ conv2d (Conv2D)                      │ (None, 28, 28, 32)          │             832 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ batch_normalization                  │ (None, 28, 28, 32)          │             128 │
        │ (BatchNormalization)                 │                             │                 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dropout (Dropout)                    │ (None, 28, 28, 32)          │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ max_pooling2d (MaxPooling2D)         │ (None, 14, 14, 32)          │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ conv2d_1 (Conv2D)                    │ (None, 14, 14, 60)          │          48,060 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ batch_normalization_1                │ (None, 14, 14, 60)          │             240 │
        │ (BatchNormalization)                 │                             │                 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dropout_1 (Dropout)                  │ (None, 14, 14, 60)          │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ max_pooling2d_1 (MaxPooling2D)       │ (None, 7, 7, 60)            │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ conv2d_2 (Conv2D)                    │ (None, 7, 7, 128)           │         192,128 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ batch_normalization_2                │ (None, 7, 7, 128)           │             512 │
        │ (BatchNormalization)                 │                             │                 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dropout_2 (Dropout)                  │ (None, 7, 7, 128)           │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ max_pooling2d_2 (MaxPooling2D)       │ (None, 3, 3, 128)           │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ flatten (Flatten)                    │ (None, 1152)                │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dense (Dense)                        │ (None, 100)                 │         115,300 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dropout_3 (Dropout)                  │ (None, 100)                 │               0 │
        ├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
        │ dense_1 (Dense)                      │ (None, 10)                  │           1,010 │
        └──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
         Total params: 358,210 (1.37 MB)
         Trainable params: 357,770 (1.36 MB)
         Non-trainable params: 440 (1.72 KB)
        """)
  }

  @Test("LeNet-5 has 61,706 parameters")
  func lenet5() {
    let model = Sequential {
      Input(shape: [28, 28, 1])
      Conv2D(6, kernelSize: 5, padding: .same, activation: .tanh)
      AvgPool2D()
      Conv2D(16, kernelSize: 5, activation: .tanh)
      AvgPool2D()
      Flatten()
      Dense(120, activation: .tanh)
      Dense(84, activation: .tanh)
      Dense(10, activation: .softmax)
    }
    #expect(model.countParameters() == 61706)
  }

  @Test("The functional model of 64 × 64 images has 35,813 parameters")
  func functional() throws {
    let visible = Input(shape: [64, 64, 1])
    let conv1 = Conv2D(32, kernelSize: 4, activation: .relu)(visible)
    let pool1 = MaxPool2D(2)(conv1)
    let conv2 = Conv2D(16, kernelSize: 4, activation: .relu)(pool1)
    let pool2 = MaxPool2D(2)(conv2)
    let flat = Flatten()(pool2)
    let output = Dense(1, activation: .sigmoid)(Dense(10, activation: .relu)(flat))
    let model = try Model(inputs: visible, outputs: output)
    #expect([conv1, pool1, conv2, pool2].map { $0.shape[1] } == [61, 30, 27, 13])
    #expect(flat.shape == [nil, 2704])
    #expect(
      model.layers.map(\.parameterCount).filter { $0 > 0 } == [544, 8208, 27050, 11])
    #expect(model.countParameters() == 35813)
    #expect(try Self.receptiveFields(model) == [4, 5, 11, 13])
  }

  @Test("Three convolutions of 3 × 3 see 3, 5 and 7 pixels")
  func stackedFields() throws {
    let model = Sequential {
      Input(shape: [nil, nil, 1])
      for _ in 0..<3 { Conv2D(2, kernelSize: 3) }
    }
    #expect(try Self.receptiveFields(model) == [3, 5, 7])
  }

  @Test("A border moves the receptive field, cropping moves it back")
  func borders() throws {
    let model = Sequential {
      Input(shape: [8, 8, 1])
      ZeroPadding2D([[2, 1], [0, 0]])
      Cropping2D([[1, 0], [0, 0]])
      Conv2D(2, kernelSize: 3, strides: 2)
      MaxPool2D(2, strides: 1, padding: .same)
    }
    let field = try model.receptiveField(of: model.layers[3])
    #expect(field.size == [5, 5] && field.stride == [2, 2] && field.offset == [-1, 0])
  }

  @Test("The layers of the course have the slides' parameters")
  func counts() throws {
    func count(_ layer: Layer, _ shape: PartialShape) throws -> Int {
      try layer.build(for: [shape])
      return layer.countParameters()
    }
    #expect(try count(Dense(10), [32, 784]) == 7850)
    #expect(try count(Dense(100), [nil, 784]) == 78500)
    #expect(try count(Conv2D(1, kernelSize: 5), [nil, 32, 32, 3]) == 76)
    // Srivastava et al.: two layers of 240 maxout units of 5 pieces each.
    let maxout = Sequential {
      Input(shape: [784])
      for _ in 0..<2 {
        Dense(1200)
        Maxout(240)
      }
      Dense(10)
    }
    #expect(maxout.countParameters() == 1_233_610)
  }

  @Test("The dense nets of the dropout paper and the deep autoencoders have the slides' parameters")
  func denseNets() {
    func count(_ widths: [Int]) -> Int {
      Sequential {
        Input(shape: [784])
        for width in widths { Dense(width, kernelInitializer: .zeros) }
      }.countParameters()
    }
    #expect(count([800, 800, 10]) == 1_276_810)
    #expect(count([1024, 1024, 1024, 10]) == 2_913_290)
    #expect(count([2048, 2048, 2048, 10]) == 10_020_874)
    #expect(count([4096, 4096, 10]) == 20_037_642)
    #expect(count([8192, 8192, 10]) == 73_629_706)
    #expect(count([500, 500, 2000, 10]) == 1_665_010)
    #expect(count([1000, 500, 250, 30, 250, 500, 1000, 784]) == 2_837_314)
    #expect(count([1000, 500, 250, 2, 250, 500, 1000, 784]) == 2_823_286)
  }
}
