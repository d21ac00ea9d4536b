using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Heldar.Fleet.Keys;

internal static class KeysServiceCollectionExtensions
{
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("heldar-fleet");
        return services.AddSingleton<CloudKey>().AddSingleton<IConfigureOptions<KeyManagementOptions>>(s =>
            new ConfigureOptions<KeyManagementOptions>(keys => keys.XmlRepository = new PostgresKeyRing(s.GetRequiredService<NpgsqlDataSource>())));
    }
}
