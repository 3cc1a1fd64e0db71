/**
 * The native jar: libadjoint.so and its JNI binding as resources, nothing else. Open, so that the class loader finds them
 * on the module path; nothing requires it, so name it in {@code --add-modules}.
 */
@SuppressWarnings("module") // the name ends in a digit, as the platform's does
open module org.adjoint.nativelib.linux.x86_64 {}
