using Heldar.Edge.Storage;

namespace Heldar.Edge.Tests.Storage;

/// <summary>Errors of Linux, by what is done about them.</summary>
public sealed class VolumeFaultTests
{
    [Theory]
    [InlineData(5, "EIO")]
    [InlineData(6, "ENXIO")]
    [InlineData(19, "ENODEV")]
    [InlineData(110, "ETIMEDOUT")]
    [InlineData(116, "ESTALE")]
    [InlineData(117, "EUCLEAN")]
    [InlineData(121, "EREMOTEIO")]
    public void ErrorOfTheDisk_OpensTheVolumeAnew(int error, string name)
    {
        Assert.True(VolumeFaults.Of(new IOException(name, error)) == VolumeFault.IoError, name);
        Assert.True(VolumeFaults.Of(new IOException("a write failed", new IOException(name, error))).NeedsReopening(), name);
    }

    [Theory]
    [InlineData(28, nameof(VolumeFault.Full))]
    [InlineData(122, nameof(VolumeFault.Full))]
    [InlineData(30, nameof(VolumeFault.ReadOnly))]
    [InlineData(24, nameof(VolumeFault.Other))]
    [InlineData(36, nameof(VolumeFault.Other))]
    public void OtherErrors_AreWhatTheyAre(int error, string fault) => Assert.Equal(fault, VolumeFaults.Of(new IOException("refused", error)).ToString());
}
