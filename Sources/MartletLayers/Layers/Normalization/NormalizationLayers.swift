extension BuiltInLayers {
  static let normalization: [String: any ConfigurableLayer.Type] = [
    "BatchNormalization": BatchNorm.self, "LayerNormalization": LayerNorm.self,
    "GroupNormalization": GroupNorm.self, "RMSNormalization": RMSNorm.self,
    "UnitNormalization": UnitNorm.self, "SpectralNormalization": SpectralNormalization.self,
  ]
}
