/* The dtypes that types of elements are. */
#pragma once

#include "adjoint.h"
#include "kernels/number.h"

ADJ_ISA_BEGIN

template <class T>
inline constexpr int32_t kDtype = 0;
template <>
inline constexpr int32_t kDtype<float> = ADJ_F32;
template <>
inline constexpr int32_t kDtype<double> = ADJ_F64;
template <>
inline constexpr int32_t kDtype<int32_t> = ADJ_I32;
template <>
inline constexpr int32_t kDtype<int64_t> = ADJ_I64;
template <>
inline constexpr int32_t kDtype<uint8_t> = ADJ_BOOL;

ADJ_ISA_END
