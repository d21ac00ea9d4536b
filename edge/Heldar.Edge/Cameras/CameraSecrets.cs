using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Media.Ingest;

namespace Heldar.Edge.Cameras;

/// <summary>Seals and opens what a camera's configuration hides. Thread-safe.</summary>
internal sealed class CameraSecrets(SecretBox box)
{
    public string? SealPassword(Guid camera, Secret? password) => password is null ? null : box.Seal(password, $"camera/{camera:D}/password");

    /// <summary>The address as it is kept: sealed when it has a query, which is where cameras take tokens.</summary>
    public string SealUrl(Guid camera, string url) =>
        url.Contains('?', StringComparison.Ordinal) ? box.Seal(new Secret(url), $"camera/{camera:D}/url") : url;

    public string Url(CameraConfig camera) =>
        SecretBox.IsSealed(camera.Url) ? box.Unseal(camera.Url, $"camera/{camera.Uid:D}/url").Reveal() : camera.Url;

    public Secret? Password(CameraConfig camera) =>
        camera.SealedPassword is null ? null : box.Unseal(camera.SealedPassword, $"camera/{camera.Uid:D}/password");

    /// <summary>The address as people may see it.</summary>
    public string MaskedUrl(CameraConfig camera) => CameraUrl.Masked(Url(camera));

    public StreamSource Source(CameraConfig camera) =>
        new(new Uri(Url(camera)), camera.Username, Password(camera)?.Reveal(), camera.Audio, camera.CameraClock ? ClockSource.Camera : ClockSource.Box)
        {
            CertificateSha256 = camera.Certificate,
        };

    /// <summary><paramref name="next"/> with the sealed texts of <paramref name="before"/> where they hide the same, so that equal means unchanged.</summary>
    public CameraConfig Settle(CameraConfig before, CameraConfig next) => next with
    {
        Url = Url(before) == Url(next) ? before.Url : next.Url,
        SealedPassword = Password(before) == Password(next) ? before.SealedPassword : next.SealedPassword,
    };
}
