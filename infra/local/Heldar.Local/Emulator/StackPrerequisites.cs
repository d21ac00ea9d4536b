using Heldar.Local.Prerequisites;
using Heldar.Local.Servers;

namespace Heldar.Local.Emulator;

/// <summary>Everything that has to be there before a stack starts: Debian packages, Azurite, the portal's build, the programs.</summary>
internal static class StackPrerequisites
{
    /// <summary>Installs and builds what is missing, at the same time; cheap when nothing is.</summary>
    public static async Task EnsureAsync(Action<string> progress, CancellationToken cancellation)
    {
        IReadOnlyList<string> missing = await DebianPackages.CheckAsync(DebianPackages.Run, cancellation);
        if (!AzuriteInstall.IsInstalled) progress("installing Azurite");
        await Task.WhenAll(
            DebianPackages.InstallAsync(missing, progress, cancellation),
            AzuriteInstall.EnsureAsync(cancellation),
            PortalBuild.EnsureAsync(progress, cancellation),
            BuildStamp.EnsureAsync(progress, cancellation));
    }

    /// <summary>The same for a stack without boxes, cameras and portal.</summary>
    public static async Task EnsureCloudAsync(Action<string> progress, CancellationToken cancellation)
    {
        IReadOnlyList<string> missing = await DebianPackages.CheckAsync(DebianPackages.Run, cancellation);
        if (!AzuriteInstall.IsInstalled) progress("installing Azurite");
        await Task.WhenAll(
            DebianPackages.InstallAsync(missing, progress, cancellation), AzuriteInstall.EnsureAsync(cancellation), BuildStamp.EnsureCloudAsync(progress, cancellation));
    }
}
