extension BuiltInLayers {
  static let preprocessing: [String: any ConfigurableLayer.Type] = [
    "Rescaling": Rescaling.self, "Normalization": Normalization.self, "Resizing": Resizing.self,
    "CenterCrop": CenterCrop.self, "RandomFlip": RandomFlip.self,
    "RandomRotation": RandomRotation.self, "RandomZoom": RandomZoom.self,
    "RandomTranslation": RandomTranslation.self, "RandomContrast": RandomContrast.self,
    "RandomBrightness": RandomBrightness.self, "RandomCrop": RandomCrop.self,
    "CategoryEncoding": CategoryEncoding.self, "Discretization": Discretization.self,
  ]
}
