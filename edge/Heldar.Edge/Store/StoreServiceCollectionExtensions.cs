using NodaTime;

namespace Heldar.Edge.Store;

internal static class StoreServiceCollectionExtensions
{
    /// <summary>Registers the store and the schema steps that ship as .sql files. Other steps: <see cref="AddStoreMigration"/>.</summary>
    public static IServiceCollection AddStore(this IServiceCollection services, StoreOptions options)
    {
        foreach (var migration in StoreSchema.Embedded()) services.AddSingleton(migration);
        return services
            .AddSingleton(options)
            .AddSingleton(s => BoxStore.Open(s.GetRequiredService<StoreOptions>(), s.GetServices<StoreMigration>(), s.GetRequiredService<ILogger<BoxStore>>(), s.GetRequiredService<IClock>()))
            .AddSingleton<StoreGuard>()
            .AddHostedService(s => s.GetRequiredService<StoreGuard>())
            .AddSingleton<IStoreWriter>(s => s.GetRequiredService<BoxStore>())
            .AddSingleton<IStoreReader>(s => s.GetRequiredService<BoxStore>());
    }

    /// <summary>Adds a step of a room's own schema.</summary>
    public static IServiceCollection AddStoreMigration(this IServiceCollection services, string name, string sql) =>
        services.AddSingleton(new StoreMigration(name, sql));
}
