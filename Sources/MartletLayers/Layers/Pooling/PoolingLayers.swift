extension BuiltInLayers {
  static let pooling: [String: any ConfigurableLayer.Type] = [
    "MaxPooling1D": MaxPool1D.self, "MaxPool1D": MaxPool1D.self,
    "MaxPooling2D": MaxPool2D.self, "MaxPool2D": MaxPool2D.self,
    "MaxPooling3D": MaxPool3D.self, "MaxPool3D": MaxPool3D.self,
    "AveragePooling1D": AvgPool1D.self, "AvgPool1D": AvgPool1D.self,
    "AveragePooling2D": AvgPool2D.self, "AvgPool2D": AvgPool2D.self,
    "AveragePooling3D": AvgPool3D.self, "AvgPool3D": AvgPool3D.self,
  ]
}
