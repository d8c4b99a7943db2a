extension BuiltInLayers {
  static let pooling: [String: any ConfigurableLayer.Type] = [
    "MaxPooling1D": MaxPool1D.self, "MaxPool1D": MaxPool1D.self,
    "GlobalMaxPooling1D": GlobalMaxPool1D.self, "GlobalMaxPool1D": GlobalMaxPool1D.self,
    "AveragePooling1D": AvgPool1D.self, "AvgPool1D": AvgPool1D.self,
    "GlobalAveragePooling1D": GlobalAvgPool1D.self, "GlobalAvgPool1D": GlobalAvgPool1D.self,
    "MaxPooling2D": MaxPool2D.self, "MaxPool2D": MaxPool2D.self,
    "GlobalMaxPooling2D": GlobalMaxPool2D.self, "GlobalMaxPool2D": GlobalMaxPool2D.self,
    "AveragePooling2D": AvgPool2D.self, "AvgPool2D": AvgPool2D.self,
    "GlobalAveragePooling2D": GlobalAvgPool2D.self, "GlobalAvgPool2D": GlobalAvgPool2D.self,
    "MaxPooling3D": MaxPool3D.self, "MaxPool3D": MaxPool3D.self,
    "GlobalMaxPooling3D": GlobalMaxPool3D.self, "GlobalMaxPool3D": GlobalMaxPool3D.self,
    "AveragePooling3D": AvgPool3D.self, "AvgPool3D": AvgPool3D.self,
    "GlobalAveragePooling3D": GlobalAvgPool3D.self, "GlobalAvgPool3D": GlobalAvgPool3D.self,
  ]
}
