extension BuiltInLayers {
  static let regularization: [String: any ConfigurableLayer.Type] = [
    "Dropout": Dropout.self, "SpatialDropout1D": SpatialDropout1D.self,
    "SpatialDropout2D": SpatialDropout2D.self, "SpatialDropout3D": SpatialDropout3D.self,
    "GaussianNoise": GaussianNoise.self, "GaussianDropout": GaussianDropout.self,
    "AlphaDropout": AlphaDropout.self, "ActivityRegularization": ActivityRegularization.self,
  ]
}
