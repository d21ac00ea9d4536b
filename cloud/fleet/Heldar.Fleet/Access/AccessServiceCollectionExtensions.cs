namespace Heldar.Fleet.Access;

internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services) =>
        services.AddSingleton<Sessions>().AddSingleton<People>().AddSingleton<ICallerCheck, PersonCheck>();
}
