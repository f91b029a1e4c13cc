/* The program as a library: plain C, no allocation but in app_create, instances independent of each other. Weights are constants of the program:
   no instance copies them, and the system maps them from the program's file, so that instances and processes share one copy. */
#ifndef APP_H
#define APP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct app_instance app_instance;

/** Bytes of an instance: arena and scratch, no weights. Known when the program was generated. */
size_t app_instance_bytes(void);
/** Makes an instance on the heap, or returns NULL. */
app_instance* app_create(void);
/** Makes an instance in memory of yours: app_instance_bytes() bytes, aligned to 64; returns NULL when it is not. */
app_instance* app_create_in(void* memory);
/** Frees an instance of app_create. */
void app_destroy(app_instance* instance);

size_t app_input_count(void);
size_t app_output_count(void);
/** Names as the model gives them, and types in the model's interface: "float32", "int64", "int32" or "bool". */
const char* app_input_name(size_t index);
const char* app_output_name(size_t index);
const char* app_input_type(size_t index);
const char* app_output_type(size_t index);
/** Elements of an input or output, and its extents (at most 8, the rest 0). */
size_t app_input_elements(size_t index);
size_t app_output_elements(size_t index);
const int64_t* app_input_shape(size_t index);
const int64_t* app_output_shape(size_t index);

/** What an output is: "tensor", "scores" (of classes, sum 1), "answer" (pairs of class number and score, best first), "condition" (1 or 0); and its classes. */
const char* app_output_kind(size_t index);
size_t app_output_class_count(size_t index);
const char* app_output_class_name(size_t index, size_t label);

/** Runs everything once: row-major in the order of the shapes, float32 whatever the type is in the model's interface (integers up to 2^24 are exact).
    Inputs are what the program declares: of a network alone, already pre-processed. Outputs that a condition left out are all NaN. */
void app_run(app_instance* instance, const float* const* inputs, float* const* outputs);
/** Whether the last run reached an output, that is, no condition left it out. */
int app_output_is_there(const app_instance* instance, size_t index);
/** Forgets what modules remember of earlier runs (smoothing). */
void app_reset(app_instance* instance);

/** Layers and modules in the order in which they run, for profiles; a network's layers belong to one module. */
size_t app_step_count(void);
const char* app_step_name(size_t index);
const char* app_step_module(size_t index);
/** Whether the conditions of its module hold, which earlier steps decided. */
int app_step_is_due(const app_instance* instance, size_t index);
/** Runs step `index` alone, due or not; those of steps 0 … app_step_count() - 1 that are due make one run, app_finish hands out the results. */
void app_step(app_instance* instance, size_t index, const float* const* inputs);
void app_finish(const app_instance* instance, const float* const* inputs, float* const* outputs);
/** What step `index` wrote: `*elements` floats, none where it was not due. */
const float* app_step_result(const app_instance* instance, size_t index, size_t* elements);

/** Classes of a classifier in the order of its outputs; 0 where the model names none. */
size_t app_class_count(void);
const char* app_class_name(size_t index);
/** Everything that is known of the program, as JSON. */
const char* app_info(void);

#ifdef __cplusplus
}
#endif

#endif
