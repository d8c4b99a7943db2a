@_exported import MartletData
@_exported import MartletFormats
@_exported import MartletLayers
@_exported import MartletSaving
@_exported import MartletTensors
@_exported import MartletTraining
