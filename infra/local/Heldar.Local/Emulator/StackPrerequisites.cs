using Heldar.Local.Prerequisites;
using Heldar.Local.Servers;

namespace Heldar.Local.Emulator;

/// <summary>Everything that has to be there before a stack starts: Debian packages, Azurite, the portal's build, the programs.</summary>
internal static class StackPrerequisites
{
    /// <summary>Installs and builds what is missing; cheap when nothing is.</summary>
    public static async Task EnsureAsync(Action<string> progress, CancellationToken cancellation)
    {
        await DebianPackages.EnsureAsync(DebianPackages.Run, progress, cancellation);
        if (!AzuriteInstall.IsInstalled) progress("installing Azurite");
        Task azurite = AzuriteInstall.EnsureAsync(cancellation);
        Task portal = PortalBuild.EnsureAsync(progress, cancellation);
        Task programs = BuildStamp.EnsureAsync(progress, cancellation);
        await Task.WhenAll(azurite, portal, programs);
    }
}
