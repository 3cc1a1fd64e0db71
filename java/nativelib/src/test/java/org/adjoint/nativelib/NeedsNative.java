package org.adjoint.nativelib;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** A test that runs native code; {@code -DskipNative} skips it, and the report says so. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@DisabledIfSystemProperty(
    named = "adjoint.skipNative",
    matches = "true",
    disabledReason = "built with -DskipNative: there is no native library")
@interface NeedsNative {}
