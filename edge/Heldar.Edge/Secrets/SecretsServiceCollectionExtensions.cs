namespace Heldar.Edge.Secrets;

internal static class SecretsServiceCollectionExtensions
{
    /// <summary>Opens the key ring at once, before anything of the data folder is touched.</summary>
    /// <exception cref="SecretsException">The key is missing, damaged or another one.</exception>
    public static IServiceCollection AddSecrets(this IServiceCollection services, string dataFolder, IReadOnlyList<SealedColumn> columns) =>
        services.AddSingleton(new SecretBox(new SecretsFolder(dataFolder, columns).Open()));
}
